namespace Hydra.State;

/// <summary>
/// The entries of a store, what they take, and when they end. Not safe for threads: the store's gate guards it.
/// </summary>
/// <param name="limit">Bytes that the entries may take in all, as <see cref="StateEntry.Cost"/> counts them.</param>
/// <param name="evicts">Whether the values that were used least lately may go when there is no room.</param>
internal sealed class StateTable(long limit, bool evicts)
{
    private readonly HashSet<StateEntry> _entries = new(new StateKeyComparer());

    // The ends of the chain of values in the order of their use; empty where none is evicted.
    private StateEntry? _oldest;
    private StateEntry? _newest;

    /// <summary>What is due when.</summary>
    public DueQueue Due { get; } = new();

    /// <summary>Entries of all kinds.</summary>
    public int Count => _entries.Count;

    /// <summary>Bytes that they take.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes that they may take.</summary>
    public long Limit => limit;

    /// <summary>Values that have gone for others to have room.</summary>
    public long Evicted { get; private set; }

    /// <summary>All entries; those in the order of their use, which have one, the one that was used least lately first.</summary>
    public IEnumerable<StateEntry> All
    {
        get
        {
            for (StateEntry? entry = _oldest; entry is not null; entry = entry.Newer)
            {
                yield return entry;
            }

            foreach (StateEntry entry in _entries)
            {
                if (!IsChained(entry))
                {
                    yield return entry;
                }
            }
        }
    }

    /// <summary>What is under the key, unless its time is over.</summary>
    public StateEntry? Find(StateKey key, long now)
    {
        if (!_entries.GetAlternateLookup<StateKey>().TryGetValue(key, out StateEntry? entry))
        {
            return null;
        }

        if (entry.Due <= now)
        {
            Remove(entry);
            return null;
        }

        if (entry != _newest && IsChained(entry))
        {
            Unchain(entry);
            Chain(entry);
        }

        return entry;
    }

    /// <summary>Adds an entry under a key that has none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="size">Bytes that its value will take.</param>
    /// <param name="now">Now.</param>
    /// <returns>Null where there is no room.</returns>
    public StateEntry? Add(StateKey key, long size, long now)
    {
        if (!HasRoom(StateEntry.Overhead + key.Bytes.Length + size, null, now))
        {
            return null;
        }

        var entry = new StateEntry(key);
        _entries.Add(entry);
        Bytes += entry.Cost;
        if (IsChained(entry))
        {
            Chain(entry);
        }

        return entry;
    }

    /// <summary>Takes over an entry of another table.</summary>
    /// <returns>False where there is no room for it, or its key is taken.</returns>
    public bool Restore(SavedEntry saved, long now)
    {
        var key = new StateKey(saved.Space, saved.Name);
        if (Find(key, now) is not null || Add(key, saved.Size, now) is not { } entry)
        {
            return false;
        }

        saved.CopyTo(entry, now);
        Bytes += saved.Size;
        Due.Set(entry, saved.Left is { } left ? now + left : long.MaxValue);
        return true;
    }

    /// <summary>Gives an entry another value.</summary>
    /// <returns>False where there is no room: it is as it was.</returns>
    public bool TryChange(StateEntry entry, byte[]? value, long now)
    {
        long more = (value?.Length ?? 0) - (entry.Value?.Length ?? 0);
        if (more > 0 && !HasRoom(more, entry, now))
        {
            return false;
        }

        Bytes += more;
        entry.Value = value;
        return true;
    }

    /// <summary>An entry takes so many bytes more, or fewer, by what else it has.</summary>
    public void Resize(long more) => Bytes += more;

    /// <summary>Whether there is room for so many bytes, or can be made.</summary>
    public bool HasRoom(long bytes, StateEntry? but, long now)
    {
        if (Bytes + bytes <= limit)
        {
            return true;
        }

        RemoveDue(now);
        while (Bytes + bytes > limit && _oldest is { } victim)
        {
            if (victim == but)
            {
                if (victim.Newer is not { } next)
                {
                    break;
                }

                victim = next;
            }

            Evicted++;
            Remove(victim);
        }

        return Bytes + bytes <= limit;
    }

    /// <summary>Takes an entry out.</summary>
    public void Remove(StateEntry entry)
    {
        if (_entries.Remove(entry))
        {
            Bytes -= entry.Cost;
            Due.Remove(entry);
            Unchain(entry);
        }
    }

    /// <summary>Takes out all entries of a space whose keys begin so.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveAll(StateSpace space, ReadOnlySpan<byte> prefix)
    {
        List<StateEntry> found = [];
        foreach (StateEntry entry in _entries)
        {
            if (entry.Space == space && entry.Name.AsSpan().StartsWith(prefix))
            {
                found.Add(entry);
            }
        }

        found.ForEach(Remove);
        return found.Count;
    }

    /// <summary>How many entries of a space there are whose keys begin so.</summary>
    public int CountAll(StateSpace space, ReadOnlySpan<byte> prefix)
    {
        int count = 0;
        foreach (StateEntry entry in _entries)
        {
            count += entry.Space == space && entry.Name.AsSpan().StartsWith(prefix) ? 1 : 0;
        }

        return count;
    }

    // Entries alone: what else is due has somebody who is to hear of it, and stays in the queue.
    private void RemoveDue(long now)
    {
        List<DueItem> others = [];
        while (Due.Take(now) is { } item)
        {
            if (item is StateEntry entry)
            {
                Remove(entry);
            }
            else
            {
                others.Add(item);
            }
        }

        others.ForEach(item => Due.Set(item, item.Due));
    }

    private bool IsChained(StateEntry entry) => evicts && (entry.Space is StateSpace.Value or StateSpace.Rate or StateSpace.Window);

    private void Chain(StateEntry entry)
    {
        entry.Older = _newest;
        if (_newest is not null)
        {
            _newest.Newer = entry;
        }

        _newest = entry;
        _oldest ??= entry;
    }

    private void Unchain(StateEntry entry)
    {
        if (entry.Older is not null)
        {
            entry.Older.Newer = entry.Newer;
        }
        else if (_oldest == entry)
        {
            _oldest = entry.Newer;
        }

        if (entry.Newer is not null)
        {
            entry.Newer.Older = entry.Older;
        }
        else if (_newest == entry)
        {
            _newest = entry.Older;
        }

        entry.Older = entry.Newer = null;
    }
}
