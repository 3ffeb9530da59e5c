using System.Collections.Concurrent;

namespace Hydra.Files;

/// <summary>
/// Small files in memory, by the path with which they were asked for. What is found here is true for as long as <see cref="Freshness"/> after it
/// was looked at; then somebody looks again. Any thread; the lock is for what changes the dictionaries.
/// </summary>
internal sealed class HotFiles
{
    /// <summary>How long what was looked at is taken for true, in milliseconds.</summary>
    public const long Freshness = 1000;

    /// <summary>Bytes of the largest form of a file that is kept.</summary>
    public const long LargestFile = 256 * 1024;

    // An entry with its key, its fields and the dictionary's part.
    private const long Overhead = 1024;

    private readonly Table[] _tables;
    private readonly long _limit;
    private readonly Lock _lock = new();
    private long _size;

    /// <summary>Makes an empty memory.</summary>
    /// <param name="places">How many places there are.</param>
    /// <param name="limit">Bytes that all files together may take; 0 keeps none.</param>
    public HotFiles(int places, long limit)
    {
        _tables = [.. Enumerable.Range(0, places).Select(static _ => new Table())];
        _limit = limit;
    }

    /// <summary>Bytes that are taken.</summary>
    public long Size => Volatile.Read(ref _size);

    /// <summary>What is kept for a path, if it is fresh.</summary>
    /// <param name="place">The number of the place.</param>
    /// <param name="path">The path as it came.</param>
    /// <param name="now">The clock, in milliseconds.</param>
    public FoundFile? Fresh(int place, ReadOnlySpan<byte> path, long now)
    {
        if (!_tables[place].ByPath.TryGetValue(path, out Entry? entry) || now - Volatile.Read(ref entry.LookedAt) >= Freshness)
        {
            return null;
        }

        entry.UsedAt = now;
        return entry.File;
    }

    /// <summary>Whether so many bytes are worth keeping: a quarter of the memory at most.</summary>
    public bool HasRoomFor(long size) => size <= _limit / 4;

    /// <summary>Keeps a file that was looked at just now, or knows again that it is the same.</summary>
    /// <param name="place">The number of the place.</param>
    /// <param name="path">The path as it came.</param>
    /// <param name="file">What was found.</param>
    /// <param name="now">The clock when looking began, in milliseconds.</param>
    public void Keep(int place, ReadOnlySpan<byte> path, FoundFile file, long now)
    {
        long size = file.MemorySize + Overhead + path.Length;
        if (!file.IsInMemory || size > _limit)
        {
            Forget(place, path);
            return;
        }

        lock (_lock)
        {
            if (_tables[place].ByPath.TryRemove(path, out _, out Entry? before))
            {
                _size -= before.Size;
            }

            if (_size + size > _limit)
            {
                MakeRoom(_limit - (_limit / 4) - size);
            }

            _size += size;
            _tables[place].All[path.ToArray()] = new Entry(file, size) { LookedAt = now, UsedAt = now };
        }
    }

    /// <summary>What is kept, however old: to be compared with what is there now.</summary>
    public FoundFile? Any(int place, ReadOnlySpan<byte> path) => _tables[place].ByPath.TryGetValue(path, out Entry? entry) ? entry.File : null;

    /// <summary>A look has found what is kept.</summary>
    public void Confirm(int place, ReadOnlySpan<byte> path, long now)
    {
        if (_tables[place].ByPath.TryGetValue(path, out Entry? entry))
        {
            Volatile.Write(ref entry.LookedAt, now);
        }
    }

    /// <summary>It is not there any more.</summary>
    public void Forget(int place, ReadOnlySpan<byte> path)
    {
        lock (_lock)
        {
            if (_tables[place].ByPath.TryRemove(path, out _, out Entry? before))
            {
                _size -= before.Size;
            }
        }
    }

    // What was used longest ago goes first, and a quarter of all, so that this is rare.
    private void MakeRoom(long target)
    {
        var oldest = _tables.SelectMany(static table => table.All.Select(pair => (Table: table, pair.Key, pair.Value)))
            .OrderBy(static item => item.Value.UsedAt).ToList();
        foreach ((Table table, byte[] key, Entry entry) in oldest)
        {
            if (_size <= target)
            {
                return;
            }

            if (table.All.TryRemove(key, out _))
            {
                _size -= entry.Size;
            }
        }
    }

    private sealed class Table
    {
        public Table()
        {
            All = new ConcurrentDictionary<byte[], Entry>(PathComparer.Instance);
            ByPath = All.GetAlternateLookup<ReadOnlySpan<byte>>();
        }

        public ConcurrentDictionary<byte[], Entry> All { get; }

        public ConcurrentDictionary<byte[], Entry>.AlternateLookup<ReadOnlySpan<byte>> ByPath { get; }
    }

    private sealed class Entry(FoundFile file, long size)
    {
        public FoundFile File => file;

        public long Size => size;

        public long LookedAt;
        public long UsedAt;
    }

    // Keys are paths of files that are there, so that no client chooses them.
    private sealed class PathComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static PathComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
