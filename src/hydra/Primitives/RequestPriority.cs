namespace Hydra.Primitives;

/// <summary>How urgent a request is, in the order in which those that wait are sent.</summary>
internal enum RequestPriority
{
    /// <summary>As any.</summary>
    Normal,

    /// <summary>Passes the others, but for one in nine.</summary>
    High,

    /// <summary>Lets the others pass, but for one in thirty-three.</summary>
    Low,
}
