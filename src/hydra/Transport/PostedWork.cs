using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// What other threads have a loop run, and whether the loop sleeps and has to be woken for it. Any thread: <see cref="Post"/>,
/// <see cref="Stop"/>; the rest belongs to the loop's thread.
/// </summary>
internal sealed class PostedWork(LoopFaults faults) : IDisposable
{
    private readonly Lock _gate = new();
    private List<IThreadPoolWorkItem> _posted = [];
    private List<IThreadPoolWorkItem> _running = [];
    private bool _asleep;
    private bool _stopping;

    /// <summary>
    /// An eventfd that is written to when the sleeping loop is to wake. Watch it edge-triggered: each write is an edge, so the counter never
    /// has to be read.
    /// </summary>
    public int Descriptor { get; } = LoopSyscalls.Check(LoopSyscalls.EventFd(), "eventfd");

    /// <summary>Has something run on the loop's thread, soon; in order, and never inside the caller.</summary>
    public void Post(IThreadPoolWorkItem work)
    {
        bool wake;
        lock (_gate)
        {
            _posted.Add(work);
            wake = _asleep;
            _asleep = false;
        }

        // Only the first of a batch pays for the call, and nobody does while the loop is busy anyway.
        if (wake)
        {
            LoopSyscalls.Signal(Descriptor);
        }
    }

    /// <summary>Has the loop end.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            _asleep = false;
        }

        LoopSyscalls.Signal(Descriptor);
    }

    /// <summary>The loop is about to wait. <see cref="OnAwake"/> must follow.</summary>
    /// <param name="milliseconds">How long it means to; becomes 0 when there is something to do.</param>
    /// <returns>False when the loop is to end.</returns>
    public bool TryPrepareWait(ref int milliseconds)
    {
        // Under the gate it is certain: either a poster sees the loop asleep and wakes it, or the loop sees what was posted.
        lock (_gate)
        {
            if (_posted.Count > 0)
            {
                milliseconds = 0;
            }
            else
            {
                _asleep = milliseconds != 0;
            }

            return !_stopping;
        }
    }

    /// <summary>The loop has waited.</summary>
    public void OnAwake()
    {
        // A stale true costs one needless write to the eventfd; a stale false cannot be, for only the loop sets true.
        _asleep = false;
    }

    /// <summary>Runs one batch: what the batch posts waits for the next call, so that sockets get their turn.</summary>
    public void Run()
    {
        lock (_gate)
        {
            if (_posted.Count == 0)
            {
                return;
            }

            (_posted, _running) = (_running, _posted);
        }

        foreach (IThreadPoolWorkItem work in _running)
        {
            try
            {
                work.Execute();
            }
            catch (Exception e)
            {
                faults.Report(work, e);
            }
        }

        _running.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _ = LibC.Close(Descriptor);
}
