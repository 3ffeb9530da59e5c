namespace Hydra.Dispatch;

/// <summary>The bounds of the queue.</summary>
internal sealed record DispatchOptions
{
    /// <summary>
    /// Requests that may wait. At 330 requests/s the last of a full queue is served within the timeout: a slower application is bound by
    /// that, a faster one gets all its bursts buffered. With 2 KiB each it is 20 MB.
    /// </summary>
    public int QueueSize { get; init; } = 10_000;

    /// <summary>Bytes of the requests that may wait, their buffered bodies included.</summary>
    public long QueueBytes { get; init; } = 256L << 20;

    /// <summary>How long a request may wait; zero for no bound.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request with a key waits for the worker that its key is for; null where requests have none.</summary>
    public TimeSpan? AffinityWait { get; init; }

    /// <summary>Who has served a key last, where several pools have that in common; null for a memory of its own.</summary>
    public KeyMemory? Keys { get; init; }

    /// <summary>Whether requests may be more urgent than others, or have clients that take turns.</summary>
    public bool HasLanes { get; init; }
}

/// <summary>A request that the queue does not take, or gives up.</summary>
/// <param name="Reason"><see cref="Failure.QueueFull"/>, <see cref="Failure.QueueTimeout"/> or <see cref="Failure.Closing"/>.</param>
/// <param name="RetryAfter">Seconds after which the client may try again.</param>
internal readonly record struct Refusal(Failure Reason, int RetryAfter);
