using System.Runtime.InteropServices;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>
/// One thread and one epoll instance; everything that happens to the sockets of a loop happens on its thread. A tick is: wait, handle
/// the events, run what is due and what was posted, then what was registered for the end of the tick (links send there).
/// </summary>
/// <remarks>
/// Any thread: <see cref="Post"/>, <see cref="TryRegister"/>, <see cref="Forget"/>, <see cref="Unregister"/>, <see cref="Stop"/>, the
/// counters. The loop's thread only: <see cref="AtTickEnd"/>, <see cref="After"/>, <see cref="Scratch"/>.
/// </remarks>
internal sealed class EventLoop : IDisposable
{
    // Bounds a tick: at 10 µs an event about half a millisecond passes before links send.
    private const int EventsPerTick = 64;

    private const int InputEvents = LoopSyscalls.EpollIn | LoopSyscalls.EpollRdHup | LoopSyscalls.EpollEdge;

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly ILogger _logger;
    private readonly LoopFaults _faults;
    private readonly EpollEvents _events = new(EventsPerTick);
    private readonly int _epoll;
    private readonly Thread _thread;
    private readonly SourceTable _sources;
    private readonly PostedWork _posted;
    private readonly LoopTimers _timers;
    private readonly BatchedCalls _batch;
    private readonly bool _batches;
    private readonly BusyPoll _busyPoll;
    private readonly List<ITickWork> _tickEnd = [];
    private byte[]? _scratch;
    private int _connections;
    private int _isDisposed;
    private long _ticks;

    /// <summary>Makes a loop; <see cref="Start"/> starts its thread.</summary>
    /// <param name="index">Its place among the loops of the process, from 0.</param>
    /// <param name="logger">The log of the transport.</param>
    /// <param name="batches">Whether several connections' receives and sends may share a system call.</param>
    /// <param name="busyPoll">How long it looks for the next event before it sleeps, while there are few; zero: it sleeps at once.</param>
    public EventLoop(int index, ILogger logger, bool batches = true, TimeSpan busyPoll = default)
    {
        Index = index;
        _logger = logger;
        _batches = batches;
        _busyPoll = new BusyPoll(busyPoll);
        _faults = new LoopFaults(logger);
        _sources = new SourceTable(_faults);
        _timers = new LoopTimers(_faults);
        _batch = new BatchedCalls(index, EventsPerTick, logger, _faults);
        _epoll = LoopSyscalls.Check(LoopSyscalls.EpollCreate(), "epoll_create1");
        _posted = new PostedWork(_faults);
        LoopSyscalls.Check(
            EpollEvents.Control(
                _epoll, EpollOperation.Add, _posted.Descriptor, LoopSyscalls.EpollIn | LoopSyscalls.EpollEdge, SourceTable.NoGeneration),
            "epoll_ctl");
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

    /// <inheritdoc cref="PostedWork.Post"/>
    public void Post(IThreadPoolWorkItem work) => _posted.Post(work);

    /// <inheritdoc cref="BatchedCalls.TrySendLater"/>
    public bool TrySendLater(LoopOutput output) => _batch.TrySendLater(output);

    /// <summary>Begins to watch a source for everything, edge-triggered. Its present state arrives as a first event.</summary>
    /// <returns>0, or the negative of errno.</returns>
    public int TryRegister(ILoopSource source) => Register(source, InputEvents | LoopSyscalls.EpollOut);

    /// <summary>
    /// Begins to watch a source for input alone, edge-triggered: each read at the other end of a Unix socket is an edge of its output, and
    /// would wake the loop for nothing. Its present state arrives as a first event.
    /// </summary>
    /// <returns>0, or the negative of errno.</returns>
    public int TryRegisterInput(ILoopSource source) => Register(source, InputEvents);

    /// <summary>Begins to watch a listening socket, level-triggered.</summary>
    /// <returns>0, or the negative of errno.</returns>
    public int TryRegisterListener(ILoopSource source) => Register(source, LoopSyscalls.EpollIn);

    /// <summary>Watches the output of a source that was registered for its input, or does so no more; its present state arrives as an event.</summary>
    public void WatchOutput(ILoopSource source, bool isWatched)
        => EpollEvents.Control(
            _epoll, EpollOperation.Modify, source.Descriptor, isWatched ? InputEvents | LoopSyscalls.EpollOut : InputEvents, source.Generation);

    /// <summary>Calls for connections that are watched, until a call returns true so many times. The loop's thread only.</summary>
    /// <inheritdoc cref="SourceTable.Visit"/>
    public int VisitConnections(int from, Func<LoopConnection, bool> visit, int limit) => _sources.Visit(from, visit, limit);

    /// <summary>Forgets a source that is about to be closed. Any thread; an event may be under way.</summary>
    /// <remarks>
    /// Closing takes it out of the epoll instance, unless a child process that is just being started holds a copy of the descriptor;
    /// what epoll reports for that one then matches no generation.
    /// </remarks>
    public void Forget(ILoopSource source) => _sources.Remove(source);

    /// <summary>Has another source take the place of one, with its descriptor. The loop's thread only.</summary>
    public void Replace(ILoopSource source, ILoopSource successor) => _sources.Replace(source, successor);

    /// <summary>Forgets a source that stays open. Any thread; an event may be under way.</summary>
    public void Unregister(ILoopSource source)
    {
        Forget(source);
        EpollEvents.Control(_epoll, EpollOperation.Delete, source.Descriptor, 0, 0);
    }

    /// <summary>Has something run once when this tick ends. The loop's thread only.</summary>
    public void AtTickEnd(ITickWork work) => _tickEnd.Add(work);

    /// <summary>Calls a timer after a while, never early. The loop's thread only.</summary>
    public void After(TimeSpan delay, ILoopTimer timer) => _timers.Add(timer, Environment.TickCount64 + (long)delay.TotalMilliseconds + 1);

    /// <summary>Ends the thread after the tick that it is in.</summary>
    public void Stop() => _posted.Stop();

    /// <summary>Stops, and waits for the thread unless the caller is on it. Further calls do nothing.</summary>
    public void Dispose()
    {
        // A second close would hit whoever has been given the number since.
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        Stop();
        if (_thread.IsAlive && !IsCurrent)
        {
            _thread.Join();
        }

        _ = LibC.Close(_epoll);
        _posted.Dispose();
        _events.Dispose();
    }

    private int Register(ILoopSource source, int events)
    {
        _sources.Add(source);
        int result = EpollEvents.Control(_epoll, EpollOperation.Add, source.Descriptor, events, source.Generation);
        if (result < 0)
        {
            _sources.Remove(source);
        }

        return result;
    }

    private unsafe void Run()
    {
        _current = this;
        TransportLog.LoopStarted(_logger, Index, _batches && _batch.TryOpen() ? "epoll and io_uring" : "epoll");
        while (TryPrepareWait(out int milliseconds))
        {
            int count = LoopSyscalls.EpollWait(_epoll, _events.Pointer, _events.Capacity, milliseconds);
            _posted.OnAwake();
            _ticks++;
            if (count < 0 && count != -LoopSyscalls.EIntr)
            {
                // Neither the descriptor nor the memory can be wrong; without the loop the server is dead, so say it loudly.
                Environment.FailFast($"epoll_wait: {Marshal.GetPInvokeErrorMessage(-count)}");
            }

            _busyPoll.OnEvents(count);
            HandleEvents(count);
            if (!_timers.IsEmpty)
            {
                _timers.RunDue(Environment.TickCount64);
            }

            _posted.Run();
            RunTickEnd();
            _batch.EndTick();
        }

        _batch.Close();
        _current = null;
    }

    private bool TryPrepareWait(out int milliseconds)
    {
        milliseconds = -1;
        if (_batch.HasSends || _busyPoll.GoesOn)
        {
            milliseconds = 0;
        }
        else if (!_timers.IsEmpty)
        {
            milliseconds = _timers.TimeLeft(Environment.TickCount64);
        }

        return _posted.TryPrepareWait(ref milliseconds);
    }

    private void HandleEvents(int count)
    {
        _batch.ReceiveAll(_events, count, _sources);
        for (int i = 0; i < count; i++)
        {
            LoopEvents events = _events.Read(i, out int fd, out uint generation);
            LoopConnection? receiver = _batch.TakeReceiver(i, out int received);
            ILoopSource? source = receiver ?? _sources.Find(fd, generation);
            if (source is null)
            {
                // The eventfd, or what was closed earlier in this tick.
                continue;
            }

            Fetch(i, count);
            try
            {
                if (receiver is not null)
                {
                    receiver.OnReceived(events, received);
                }
                else
                {
                    source.OnEvents(events);
                }
            }
            catch (Exception e)
            {
                _faults.Report(source, e);
            }
        }
    }

    private void Fetch(int index, int count)
    {
        Connection(index + 2, count)?.FetchSelf();
        Connection(index + 1, count)?.FetchRequest();
    }

    private LoopConnection? Connection(int index, int count)
    {
        if (index >= count)
        {
            return null;
        }

        _events.Read(index, out int fd, out _);
        return _sources.ConnectionAt(fd);
    }

    private void RunTickEnd()
    {
        // The work of one may register another.
        for (int i = 0; i < _tickEnd.Count; i++)
        {
            try
            {
                _tickEnd[i].OnTickEnd();
            }
            catch (Exception e)
            {
                _faults.Report(_tickEnd[i], e);
            }
        }

        _tickEnd.Clear();
    }
}
