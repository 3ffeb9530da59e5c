namespace Hydra.Http;

/// <summary>What has become of a message of a topic for one subscriber.</summary>
internal enum Offered
{
    /// <summary>It is on its way, or waits.</summary>
    Taken,

    /// <summary>It, or one that had waited, is left out.</summary>
    Dropped,

    /// <summary>The subscriber is too slow, and is to go.</summary>
    TooSlow,
}
