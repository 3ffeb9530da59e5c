using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>
/// One thread and one epoll instance; everything that happens to the sockets of a loop happens on its thread. A tick is: wait, handle
/// the events, run what is due and what was posted, then what was registered for the end of the tick (links send there).
/// </summary>
/// <remarks>
/// Any thread: <see cref="Post"/>, <see cref="TryRegister"/>, <see cref="Forget"/>, <see cref="Unregister"/>, <see cref="Stop"/>, the
/// counters. The loop's thread only: <see cref="AtTickEnd"/>, <see cref="After"/>, <see cref="Scratch"/>. <c>_gate</c> guards what was posted and
/// whether the loop sleeps; <c>_table</c> guards the writing of <c>_sources</c>, which the loop reads without it.
/// </remarks>
internal sealed partial class EventLoop : IDisposable
{
    // Bounds a tick: at 10 µs an event about half a millisecond passes before links send.
    private const int EventsPerTick = 64;

    private const int InputEvents = Libc.EpollIn | Libc.EpollRdHup | Libc.EpollEdge;

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly ILogger _logger;
    private readonly EpollEvents _events = new(EventsPerTick);
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Thread _thread;

    private readonly Lock _table = new();
    private ILoopSource?[] _sources = new ILoopSource?[256];
    private uint _generation;

    private readonly Lock _gate = new();
    private List<IThreadPoolWorkItem> _posted = [];
    private List<IThreadPoolWorkItem> _running = [];
    private bool _asleep;
    private bool _stopping;

    private readonly List<ITickWork> _tickEnd = [];
    private readonly PriorityQueue<ILoopTimer, long> _timers = new();
    private byte[]? _scratch;
    private int _connections;
    private long _ticks;

    /// <summary>Makes a loop; <see cref="Start"/> starts its thread.</summary>
    /// <param name="index">Its place among the loops of the process, from 0.</param>
    /// <param name="logger">The log of the transport.</param>
    /// <param name="batches">Whether several connections' receives and sends may share a system call.</param>
    public EventLoop(int index, ILogger logger, bool batches = true)
    {
        Index = index;
        _logger = logger;
        _batches = batches;
        _epoll = Check(Libc.EpollCreate(), "epoll_create1");
        _wake = Check(Libc.EventFd(), "eventfd");

        // Edge-triggered: each write is an edge, so the counter never has to be read.
        Check(EpollEvents.Control(_epoll, EpollOperation.Add, _wake, Libc.EpollIn | Libc.EpollEdge, generation: 0), "epoll_ctl");
        Blocks = new BlockPool(this);
        _thread = new Thread(Run) { IsBackground = true, Name = $"hydra-loop-{index}" };
    }

    /// <summary>The loop whose thread this is, or null.</summary>
    public static EventLoop? Current => _current;

    /// <summary>Its place among the loops of the process, from 0.</summary>
    public int Index { get; }

    /// <summary>Whether the caller is on the loop's thread.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>The memory for input and output of this loop's connections.</summary>
    public BlockPool Blocks { get; }

    /// <summary>Looks after the idle connections; set before the loop starts.</summary>
    public Hibernator Hibernator { get; set; } = null!;

    /// <summary>How many connections live here, for balancing.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How often the loop went round, for tests and figures.</summary>
    public long Ticks => Volatile.Read(ref _ticks);

    /// <summary>What the links of this loop receive into. The loop's thread only, and no callback within another may use it.</summary>
    public byte[] Scratch => _scratch ??= GC.AllocateUninitializedArray<byte>(ScratchSize);

    /// <summary>The size of <see cref="Scratch"/>: one recv of a link brings this much.</summary>
    public const int ScratchSize = 256 * 1024;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>A connection came to this loop (+1) or left it (-1).</summary>
    public void CountConnection(int change) => Interlocked.Add(ref _connections, change);

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
            Libc.Signal(_wake);
        }
    }

    /// <summary>Begins to watch a source for everything, edge-triggered. Its present state arrives as a first event.</summary>
    /// <returns>0, or the negative of errno.</returns>
    public int TryRegister(ILoopSource source) => Register(source, InputEvents | Libc.EpollOut);

    /// <summary>
    /// Begins to watch a source for input alone, edge-triggered: each read at the other end of a Unix socket is an edge of its output, and
    /// would wake the loop for nothing. Its present state arrives as a first event.
    /// </summary>
    /// <returns>0, or the negative of errno.</returns>
    public int TryRegisterInput(ILoopSource source) => Register(source, InputEvents);

    /// <summary>Watches the output of a source that was registered for its input, or does so no more; its present state arrives as an event.</summary>
    public void WatchOutput(ILoopSource source, bool isWatched)
        => EpollEvents.Control(
            _epoll, EpollOperation.Modify, source.Descriptor, isWatched ? InputEvents | Libc.EpollOut : InputEvents, source.Generation);

    /// <summary>Begins to watch a listening socket, level-triggered.</summary>
    /// <returns>0, or the negative of errno.</returns>
    public int TryRegisterListener(ILoopSource source) => Register(source, Libc.EpollIn);

    /// <summary>Calls for connections that are watched, until a call returns true so many times. The loop's thread only.</summary>
    /// <param name="from">Where to begin: 0, or what the last call returned.</param>
    /// <param name="visit">May end connections.</param>
    /// <param name="limit">How often it may return true.</param>
    /// <returns>Where to go on; 0 when all were visited.</returns>
    public int VisitConnections(int from, Func<LoopConnection, bool> visit, int limit)
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
                Fault(connection, e);
            }
        }

        return 0;
    }

    /// <summary>Forgets a source that is about to be closed. Any thread; an event may be under way.</summary>
    /// <remarks>
    /// Closing takes it out of the epoll instance, unless a child process that is just being started holds a copy of the descriptor;
    /// what epoll reports for that one then matches no generation.
    /// </remarks>
    public void Forget(ILoopSource source)
    {
        int fd = source.Descriptor;
        lock (_table)
        {
            if (fd < _sources.Length && _sources[fd] == source)
            {
                _sources[fd] = null;
            }
        }
    }

    /// <summary>Has another source take the place of one, with its descriptor. The loop's thread only.</summary>
    public void Replace(ILoopSource source, ILoopSource successor)
    {
        lock (_table)
        {
            successor.Generation = source.Generation;
            _sources[source.Descriptor] = successor;
        }
    }

    /// <summary>Forgets a source that stays open. Any thread; an event may be under way.</summary>
    public void Unregister(ILoopSource source)
    {
        Forget(source);
        EpollEvents.Control(_epoll, EpollOperation.Delete, source.Descriptor, 0, 0);
    }

    /// <summary>Has something run once when this tick ends. The loop's thread only.</summary>
    public void AtTickEnd(ITickWork work) => _tickEnd.Add(work);

    /// <summary>Calls a timer after a while, never early. The loop's thread only.</summary>
    public void After(TimeSpan delay, ILoopTimer timer) => _timers.Enqueue(timer, Environment.TickCount64 + (long)delay.TotalMilliseconds + 1);

    /// <summary>Ends the thread after the tick that it is in.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            _asleep = false;
        }

        Libc.Signal(_wake);
    }

    /// <summary>Stops, and waits for the thread unless the caller is on it.</summary>
    public void Dispose()
    {
        Stop();
        if (_thread.IsAlive && !IsCurrent)
        {
            _thread.Join();
        }

        Libc.Close(_epoll);
        Libc.Close(_wake);
        _events.Dispose();
    }

    private static int Check(int result, string call)
        => result >= 0 ? result : throw new InvalidOperationException($"{call}: {Marshal.GetPInvokeErrorMessage(-result)}");

    private int Register(ILoopSource source, int events)
    {
        int fd = source.Descriptor;
        lock (_table)
        {
            if (fd >= _sources.Length)
            {
                var larger = new ILoopSource?[Math.Max(fd + 1, _sources.Length * 2)];
                _sources.CopyTo(larger, 0);
                Volatile.Write(ref _sources, larger);
            }

            // 0 is the eventfd's.
            _generation = _generation == uint.MaxValue ? 1 : _generation + 1;
            source.Generation = _generation;
            _sources[fd] = source;
        }

        int result = EpollEvents.Control(_epoll, EpollOperation.Add, fd, events, source.Generation);
        if (result < 0)
        {
            lock (_table)
            {
                _sources[fd] = null;
            }
        }

        return result;
    }
}
