using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hydra.Dispatch;

/// <summary>
/// Which worker process has served a key last: so that an application can be told when a key comes to it from another one, and what it remembers of it is
/// old. It is told so until it has answered a request that told it; what has been forgotten counts as moved. Any thread.
/// </summary>
/// <remarks>
/// Keys are remembered by hashes that nobody outside can aim at (<see cref="KeyHash"/>). Rows of eight, of which the one that was not used for longest gives way; the table doubles
/// when it is half full, up to <see cref="MostKeys"/>: 20 MB.
/// </remarks>
internal sealed class KeyMemory
{
    /// <summary>The most keys that are remembered.</summary>
    public const int MostKeys = 1 << 20;

    private const int RowSize = 8;
    private const int FirstKeys = 1 << 10;

    private readonly Lock _lock = new();
    private Entry[] _entries = new Entry[FirstKeys];
    private int _count;
    private uint _clock;

    /// <summary>A request with this key is about to be sent to a worker.</summary>
    /// <param name="key">The key's hash; not 0.</param>
    /// <param name="worker">The process (<see cref="Workers.Links.WorkerHandle.Id"/>).</param>
    /// <returns>Zero when it has served the key last; else a token for <see cref="Confirm"/>: it is to be told.</returns>
    public uint Serve(ulong key, int worker)
    {
        lock (_lock)
        {
            ref Entry entry = ref FindOrAdd(key);
            entry.Used = ++_clock;
            if (entry.Worker == worker && entry.Token == 0)
            {
                return 0;
            }

            if (entry.Worker != worker)
            {
                entry.Worker = worker;

                // Whoever was told before the last move says nothing about this one.
                entry.Token = Math.Max(_clock, 1);
            }

            return entry.Token;
        }
    }

    /// <summary>The worker has answered a request that told it: it knows, unless the key has moved again since.</summary>
    public void Confirm(ulong key, uint token)
    {
        lock (_lock)
        {
            ref Entry entry = ref Find(key);
            if (!Unsafe.IsNullRef(ref entry) && entry.Token == token)
            {
                entry.Token = 0;
            }
        }
    }

    private ref Entry FindOrAdd(ulong key)
    {
        ref Entry found = ref Find(key);
        if (!Unsafe.IsNullRef(ref found))
        {
            return ref found;
        }

        if (_count >= _entries.Length / 2 && _entries.Length < MostKeys)
        {
            Grow();
        }

        ref Entry place = ref Place(_entries, key, _clock);
        _count += place.Key == 0 ? 1 : 0;
        place = new Entry { Key = key };
        return ref place;
    }

    private ref Entry Find(ulong key)
    {
        foreach (ref Entry entry in Row(_entries, key))
        {
            if (entry.Key == key)
            {
                return ref entry;
            }
        }

        return ref Unsafe.NullRef<Entry>();
    }

    // A free place, or that of the entry that was not used for longest.
    private static ref Entry Place(Entry[] entries, ulong key, uint clock)
    {
        Span<Entry> row = Row(entries, key);
        int oldest = 0;
        for (int i = 0; i < row.Length; i++)
        {
            if (row[i].Key == 0)
            {
                return ref row[i];
            }

            oldest = clock - row[i].Used > clock - row[oldest].Used ? i : oldest;
        }

        return ref row[oldest];
    }

    private static Span<Entry> Row(Entry[] entries, ulong key)
        => entries.AsSpan((int)(key & (uint)((entries.Length / RowSize) - 1)) * RowSize, RowSize);

    private void Grow()
    {
        var larger = new Entry[_entries.Length * 2];
        _count = 0;
        foreach (Entry entry in _entries)
        {
            if (entry.Key != 0)
            {
                // A row is shared out among two: each has room for all of it.
                Place(larger, entry.Key, _clock) = entry;
                _count++;
            }
        }

        _entries = larger;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Entry
    {
        public ulong Key;
        public int Worker;

        // Of the request that is to tell the worker; 0 when it knows.
        public uint Token;
        public uint Used;
    }
}
