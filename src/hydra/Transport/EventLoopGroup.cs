using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>The event loops of the process. Any thread.</summary>
internal sealed class EventLoopGroup : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<LoopAcceptor> _starved = [];
    private volatile bool _anyStarved;
    private int _turn;
    private int _arriving;

    /// <summary>Makes the loops and starts their threads.</summary>
    public EventLoopGroup(TransportOptions options, ILoggerFactory loggers, IMemoryPoolFactory<byte>? pools = null)
    {
        Options = options;
        MemoryPool = pools?.Create() ?? MemoryPool<byte>.Shared;
        Logger = loggers.CreateLogger("hydra.transport");
        Loops = new EventLoop[options.EffectiveLoops];
        for (int i = 0; i < Loops.Length; i++)
        {
            Loops[i] = new EventLoop(i, Logger, options.Batches, options.BusyPoll);
            Loops[i].Hibernator = new Hibernator(Loops[i], this);
            Loops[i].Start();
        }
    }

    /// <summary>The loops, by their index.</summary>
    public EventLoop[] Loops { get; }

    /// <summary>What was configured.</summary>
    public TransportOptions Options { get; }

    /// <summary>The log of the transport.</summary>
    public ILogger Logger { get; }

    /// <summary>What clients leave for workers.</summary>
    public DescriptorReserve Reserve { get; } = new();

    /// <summary>What collects behind connections that have fallen asleep.</summary>
    public MemoryTrimmer Trimmer { get; } = new();

    /// <summary>Connections that were accepted and that Kestrel does not serve yet.</summary>
    public int Arriving => Volatile.Read(ref _arriving);

    /// <summary>What Kestrel rents its own buffers from.</summary>
    public MemoryPool<byte> MemoryPool { get; }

    /// <summary>The loop that gets the next connection: the one with the fewest, and each in turn when they have the same number.</summary>
    public EventLoop LeastBusy()
    {
        if (Loops.Length == 1)
        {
            return Loops[0];
        }

        uint start = (uint)Interlocked.Increment(ref _turn);
        EventLoop best = Loops[start % (uint)Loops.Length];
        foreach (EventLoop loop in Loops)
        {
            if (loop.Connections < best.Connections)
            {
                best = loop;
            }
        }

        return best;
    }

    /// <summary>A loop for something that is not a connection, such as a listening socket: each in turn.</summary>
    public EventLoop NextInTurn() => Loops[(uint)Interlocked.Increment(ref _turn) % (uint)Loops.Length];

    /// <summary>An acceptor has run out of descriptors and wants to hear when there is one again.</summary>
    public void AddStarved(LoopAcceptor acceptor)
    {
        lock (_gate)
        {
            _starved.Add(acceptor);
            _anyStarved = true;
        }
    }

    /// <summary>A connection is on its way to Kestrel.</summary>
    public void OnArriving() => Interlocked.Increment(ref _arriving);

    /// <summary>It has come there, or it has ended.</summary>
    public void OnArrived() => Interlocked.Decrement(ref _arriving);

    /// <summary>A descriptor was closed.</summary>
    public void OnDescriptorFreed()
    {
        if (_anyStarved)
        {
            FeedStarved();
        }
    }

    /// <summary>Ends the loops. Connections that are still open are forgotten, so the server stops first.</summary>
    public void Dispose()
    {
        foreach (EventLoop loop in Loops)
        {
            loop.Dispose();
        }

        MemoryPool.Dispose();
    }

    private void FeedStarved()
    {
        LoopAcceptor[] acceptors;
        lock (_gate)
        {
            acceptors = [.. _starved];
            _starved.Clear();
            _anyStarved = false;
        }

        foreach (LoopAcceptor acceptor in acceptors)
        {
            acceptor.ResumeSoon();
        }
    }
}
