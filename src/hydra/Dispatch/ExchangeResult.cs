namespace Hydra.Dispatch;

/// <summary>How the wait for a worker's answer ended.</summary>
internal enum ExchangeResult
{
    /// <summary>The answer is there as a whole.</summary>
    Complete,

    /// <summary>The answer has begun; more of it comes.</summary>
    Streaming,

    /// <summary>The application has accepted the session that was asked for.</summary>
    Accepted,

    /// <summary>There is none; <see cref="Exchange.Failure"/> says why.</summary>
    Failed,
}
