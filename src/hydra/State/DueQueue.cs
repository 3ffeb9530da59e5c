namespace Hydra.State;

/// <summary>
/// What is due, soonest first. To put something off costs nothing: it stands under its old time, and is put back when that has come. Under the
/// store's gate.
/// </summary>
internal sealed class DueQueue
{
    private readonly PriorityQueue<DueItem, long> _queue = new();

    // So many stand there that are not in the store any more, or under another time. They are thrown out when they are most of it.
    private int _stale;

    /// <summary>When the first may be due; <see cref="long.MaxValue"/> where there is none.</summary>
    public long Next => _queue.TryPeek(out _, out long due) ? due : long.MaxValue;

    /// <summary>The item has a time of its own from now on, which may be another than before.</summary>
    public void Set(DueItem item, long due)
    {
        item.Due = due;
        if (due < item.QueuedAt)
        {
            Enqueue(item);
        }
    }

    /// <summary>The item is not in the store any more.</summary>
    public void Remove(DueItem item)
    {
        item.IsGone = true;
        if (item.QueuedAt != long.MaxValue)
        {
            item.QueuedAt = long.MaxValue;
            OnStale();
        }
    }

    /// <summary>Takes the next one that is due.</summary>
    /// <returns>Null where none is.</returns>
    public DueItem? Take(long now)
    {
        while (_queue.TryPeek(out DueItem? item, out long due) && due <= now)
        {
            _queue.Dequeue();
            if (item.QueuedAt != due)
            {
                _stale--;
                continue;
            }

            item.QueuedAt = long.MaxValue;
            if (item.Due <= now)
            {
                return item;
            }

            if (item.Due != long.MaxValue)
            {
                Enqueue(item);
            }
        }

        return null;
    }

    private void Enqueue(DueItem item)
    {
        if (item.QueuedAt != long.MaxValue)
        {
            item.QueuedAt = item.Due;
            OnStale();
        }

        item.QueuedAt = item.Due;
        _queue.Enqueue(item, item.Due);
    }

    private void OnStale()
    {
        if (++_stale < 1024 || _stale < _queue.Count / 2)
        {
            return;
        }

        (DueItem Element, long Priority)[] kept = [.. _queue.UnorderedItems.Where(static one => one.Element.QueuedAt == one.Priority)];
        _queue.Clear();
        _queue.EnqueueRange(kept);
        _stale = 0;
    }
}
