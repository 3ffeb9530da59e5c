namespace Hydra.Workers;

/// <summary>
/// A worker as dispatch sees it: is it ready, how busy is it, and the link to use. Any thread may read; the supervisor alone changes
/// the readiness and the links.
/// </summary>
internal sealed class WorkerHandle(int index)
{
    private int _inFlight;
    private volatile WorkerLink[] _links = [];
    private volatile bool _isReady;

    /// <summary>The worker's index; it survives the process.</summary>
    public int Index { get; } = index;

    /// <summary>Streams that are open on all links of this worker.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Whether requests may be sent to this worker.</summary>
    public bool IsReady => _isReady;

    /// <summary>The link for the caller's event loop.</summary>
    public WorkerLink LinkFor(int loop)
    {
        WorkerLink[] links = _links;
        return links[loop < links.Length ? loop : 0];
    }

    /// <summary>Counts a stream that was opened.</summary>
    public void StreamOpened() => Interlocked.Increment(ref _inFlight);

    /// <summary>Counts a stream that has ended.</summary>
    public void StreamClosed() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Opens the worker for requests.</summary>
    public void Open(WorkerLink[] links)
    {
        _links = links;
        _isReady = true;
    }

    /// <summary>No further request is sent to this worker.</summary>
    public void Shut() => _isReady = false;
}
