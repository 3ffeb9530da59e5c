namespace Hydra.Transport;

/// <summary>
/// What a loop watches, by its descriptor. Numbers are used again, and an event may still be under way when that happens: each registration
/// has a generation, which epoll reports with the event. Any thread may write, under the lock; the loop reads without it.
/// </summary>
internal sealed class SourceTable(LoopFaults faults)
{
    /// <summary>The generation of the loop's own descriptor: no source ever has it.</summary>
    public const uint NoGeneration = 0;

    private readonly Lock _lock = new();
    private ILoopSource?[] _sources = new ILoopSource?[256];
    private uint _generation = NoGeneration;

    /// <summary>Enters a source under its descriptor, as a new generation.</summary>
    public void Add(ILoopSource source)
    {
        int fd = source.Descriptor;
        lock (_lock)
        {
            if (fd >= _sources.Length)
            {
                var larger = new ILoopSource?[Math.Max(fd + 1, _sources.Length * 2)];
                _sources.CopyTo(larger, 0);
                Volatile.Write(ref _sources, larger);
            }

            _generation = _generation == uint.MaxValue ? NoGeneration + 1 : _generation + 1;
            source.Generation = _generation;
            _sources[fd] = source;
        }
    }

    /// <summary>Forgets a source, unless its descriptor is another's by now.</summary>
    public void Remove(ILoopSource source)
    {
        int fd = source.Descriptor;
        lock (_lock)
        {
            if (fd < _sources.Length && _sources[fd] == source)
            {
                _sources[fd] = null;
            }
        }
    }

    /// <summary>Has another source take the place of one, with its descriptor and its generation.</summary>
    public void Replace(ILoopSource source, ILoopSource successor)
    {
        lock (_lock)
        {
            successor.Generation = source.Generation;
            _sources[source.Descriptor] = successor;
        }
    }

    /// <summary>Whom an event is for; null for one of an earlier generation. The loop's thread only.</summary>
    public ILoopSource? Find(int fd, uint generation)
    {
        ILoopSource?[] sources = Volatile.Read(ref _sources);
        return (uint)fd < (uint)sources.Length && sources[fd] is { } source && source.Generation == generation ? source : null;
    }

    /// <summary>The client's connection with this descriptor, of whatever generation; null if it is none. The loop's thread only.</summary>
    public LoopConnection? ConnectionAt(int fd)
    {
        ILoopSource?[] sources = Volatile.Read(ref _sources);
        return (uint)fd < (uint)sources.Length ? sources[fd] as LoopConnection : null;
    }

    /// <summary>Calls for connections, until a call returns true so many times. The loop's thread only.</summary>
    /// <param name="from">Where to begin: 0, or what the last call returned.</param>
    /// <param name="visit">May end connections.</param>
    /// <param name="limit">How often it may return true.</param>
    /// <returns>Where to go on; 0 when all were visited.</returns>
    public int Visit(int from, Func<LoopConnection, bool> visit, int limit)
    {
        ILoopSource?[] sources = Volatile.Read(ref _sources);
        for (int i = from; i < sources.Length; i++)
        {
            if (sources[i] is not LoopConnection connection)
            {
                continue;
            }

            try
            {
                if (visit(connection) && --limit == 0)
                {
                    return i + 1;
                }
            }
            catch (Exception e)
            {
                faults.Report(connection, e);
            }
        }

        return 0;
    }
}
