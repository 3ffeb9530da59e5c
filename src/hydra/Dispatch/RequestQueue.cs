using Hydra.Primitives;

namespace Hydra.Dispatch;

/// <summary>
/// Requests that wait, in the order in which they came, bounded by number and bytes. A list through the requests themselves: adding and taking
/// out cost no memory, wherever in the queue. Not safe for threads, but for the counters.
/// </summary>
/// <param name="size">The most requests.</param>
/// <param name="bytes">The most bytes.</param>
/// <param name="lanes">The order in which they are sent; null for that in which they came.</param>
internal sealed class RequestQueue(int size, long bytes, RequestLanes? lanes = null)
{
    private QueuedStream? _last;
    private int _count;
    private long _bytes;

    /// <summary>Requests in the queue. Any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes that they hold. Any thread.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>So many may one client have, where clients are told apart: half of the queue.</summary>
    public int MostOfOne { get; } = Math.Max(1, size / 2);

    /// <summary>The one that came first, or was sent before.</summary>
    public QueuedStream? First { get; private set; }

    /// <summary>Adds a request at the end; one that was sent before in front of those that were not, whatever the bounds say.</summary>
    /// <param name="exchange">The request, which is in no queue.</param>
    /// <param name="queuedAt">When it began to wait.</param>
    /// <returns>False when that would be too many, or too large.</returns>
    public bool TryAdd(QueuedStream exchange, long queuedAt)
    {
        long held = exchange.HeldBytes;
        if (exchange.IsRetry)
        {
            QueuedStream? last = null;
            for (QueuedStream? waiting = First; waiting is { IsRetry: true }; waiting = waiting.Next)
            {
                last = waiting;
            }

            Link(exchange, last, last is null ? First : last.Next);
        }
        else if (_count >= MostOf(exchange.Priority) || _bytes + held > bytes || lanes?.Of(exchange.Client) >= MostOfOne)
        {
            return false;
        }
        else
        {
            Link(exchange, _last, null);
        }

        exchange.IsQueued = true;
        exchange.QueuedBytes = held;
        exchange.QueuedAt = queuedAt;
        lanes?.Add(exchange);
        Volatile.Write(ref _count, _count + 1);
        Volatile.Write(ref _bytes, _bytes + held);
        return true;
    }

    /// <summary>Takes a request out, wherever it is.</summary>
    /// <returns>False when it was not in the queue.</returns>
    public bool Remove(QueuedStream exchange)
    {
        if (!exchange.IsQueued)
        {
            return false;
        }

        if (exchange.Previous is null)
        {
            First = exchange.Next;
        }
        else
        {
            exchange.Previous.Next = exchange.Next;
        }

        if (exchange.Next is null)
        {
            _last = exchange.Previous;
        }
        else
        {
            exchange.Next.Previous = exchange.Previous;
        }

        exchange.Next = null;
        exchange.Previous = null;
        exchange.IsQueued = false;
        lanes?.Remove(exchange);
        Volatile.Write(ref _count, _count - 1);
        Volatile.Write(ref _bytes, _bytes - exchange.QueuedBytes);
        return true;
    }

    /// <summary>Takes out those that began to wait before a time.</summary>
    public void RemoveOlder(long time, List<QueuedStream> removed)
    {
        QueuedStream? next = First;
        while (next is { } exchange && (exchange.QueuedAt < time || exchange.IsRetry))
        {
            // Those that were sent before are in front whatever their age; behind them age decides.
            next = exchange.Next;
            if (exchange.QueuedAt < time)
            {
                Remove(exchange);
                removed.Add(exchange);
            }
        }
    }

    // Those that have time are the first to be refused, urgent ones the last.
    private int MostOf(RequestPriority priority) => priority switch
    {
        RequestPriority.Normal => size,
        RequestPriority.High => size + Math.Max(1, size / 8),
        _ => Math.Max(1, size / 2),
    };

    private void Link(QueuedStream exchange, QueuedStream? previous, QueuedStream? next)
    {
        exchange.Previous = previous;
        exchange.Next = next;
        if (previous is null)
        {
            First = exchange;
        }
        else
        {
            previous.Next = exchange;
        }

        if (next is null)
        {
            _last = exchange;
        }
        else
        {
            next.Previous = exchange;
        }
    }
}
