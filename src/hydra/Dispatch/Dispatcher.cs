using System.Diagnostics;
using Hydra.Workers;

namespace Hydra.Dispatch;

/// <summary>
/// Gives each request to the least busy ready worker; while none is ready the requests wait here, first come first served.
/// Any thread may submit; the supervisor announces and withdraws workers. <c>_gate</c> guards the queue; the set of ready workers
/// is an immutable array, swapped as a whole.
/// </summary>
internal sealed class Dispatcher : IWorkerPool, IQueueFigures
{
    // Bounds the memory of a server whose workers do not come back. A waiting request costs about 2 KiB.
    private const int QueueCapacity = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<Exchange> _waiting = new();
    private volatile WorkerHandle[] _ready = [];
    private bool _closed;

    // Where the search for the least busy begins, so that equally busy workers take turns.
    private uint _turn;

    /// <summary>Requests that wait for a worker.</summary>
    public int QueueLength
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Requests that wait, and for how long the first of them has.</summary>
    public QueueFigures ReadFigures()
    {
        lock (_gate)
        {
            return _waiting.First is { } first
                ? new QueueFigures(_waiting.Count, Stopwatch.GetElapsedTime(first.Value.SubmittedAt))
                : default;
        }
    }

    /// <summary>Sends the request to a worker, or keeps it until there is one.</summary>
    /// <param name="exchange">The request; its callbacks may run before this returns.</param>
    /// <param name="loop">The caller's event loop, or 0.</param>
    public void Submit(Exchange exchange, int loop)
    {
        exchange.SubmittedAt = Stopwatch.GetTimestamp();
        if (!TrySend(exchange, loop))
        {
            Enqueue(exchange);
        }
    }

    /// <summary>A worker takes requests from now on.</summary>
    public void Add(WorkerHandle worker)
    {
        lock (_gate)
        {
            _ready = [.. _ready, worker];
        }

        SendWaiting();
    }

    /// <summary>A worker takes no more requests. Those it has are its own affair.</summary>
    public void Remove(WorkerHandle worker)
    {
        lock (_gate)
        {
            _ready = Array.FindAll(_ready, w => w != worker);
        }
    }

    /// <summary>Refuses what waits and whatever comes.</summary>
    public void Close()
    {
        Exchange[] refused;
        lock (_gate)
        {
            _closed = true;
            refused = [.. _waiting];
            _waiting.Clear();
        }

        foreach (Exchange exchange in refused)
        {
            exchange.OnRefused();
        }
    }

    private bool TrySend(Exchange exchange, int loop)
    {
        // A link may close between the choice and the send: then its worker is withdrawn and the next choice is another.
        while (LeastBusy() is { } worker)
        {
            if (worker.LinkFor(loop).TryOpen(exchange))
            {
                return true;
            }

            worker.Shut();
        }

        return false;
    }

    private WorkerHandle? LeastBusy()
    {
        WorkerHandle[] ready = _ready;
        WorkerHandle? best = null;
        int load = int.MaxValue;
        uint start = ready.Length > 1 ? ++_turn : 0;
        for (uint i = 0; i < (uint)ready.Length; i++)
        {
            WorkerHandle worker = ready[(start + i) % (uint)ready.Length];
            int inFlight = worker.InFlight;
            if (worker.IsReady && inFlight < load)
            {
                best = worker;
                load = inFlight;
            }
        }

        return best;
    }

    private void Enqueue(Exchange exchange)
    {
        bool refused;
        lock (_gate)
        {
            refused = _closed || _waiting.Count >= QueueCapacity;
            if (!refused)
            {
                _waiting.AddLast(exchange);
            }
        }

        if (refused)
        {
            exchange.OnRefused();
        }
        else if (_ready.Length > 0)
        {
            // A worker may have become ready between the failed attempt and the queue.
            SendWaiting();
        }
    }

    private void SendWaiting()
    {
        while (LeastBusy() is not null && TakeWaiting() is { } exchange)
        {
            if (!TrySend(exchange, loop: 0))
            {
                PutBack(exchange);
                return;
            }
        }
    }

    private Exchange? TakeWaiting()
    {
        lock (_gate)
        {
            LinkedListNode<Exchange>? first = _waiting.First;
            if (first is not null)
            {
                _waiting.RemoveFirst();
            }

            return first?.Value;
        }
    }

    // No worker after all: the request goes back to the head of the queue.
    private void PutBack(Exchange exchange)
    {
        lock (_gate)
        {
            _waiting.AddFirst(exchange);
        }
    }
}
