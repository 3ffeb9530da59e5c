namespace Hydra.Dispatch;

/// <summary>Where a request is. It only moves forward; a request that is sent once more begins again at Waiting.</summary>
internal enum ExchangeState
{
    /// <summary>No request.</summary>
    Idle,

    /// <summary>The dispatcher has it.</summary>
    Waiting,

    /// <summary>A worker has it, and no part of the response has come.</summary>
    Sent,

    /// <summary>The head of the response has come; its body is coming.</summary>
    Streaming,

    /// <summary>Over, for whatever reason: the worker is not heard any more.</summary>
    Ended,
}
