using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// The descriptor of a client's connection, from its arrival until it is closed or somebody else's. Held by its connection. Any thread:
/// <see cref="TryBeginWatch"/>; the rest where the connection says.
/// </summary>
internal struct WatchedDescriptor(int number, EventLoop loop, EventLoopGroup group)
{
    private int _isWatched;
    private int _isArriving;

    /// <summary>What system calls know it by.</summary>
    public readonly int Number => number;

    /// <summary>The loop that watches it.</summary>
    public readonly EventLoop Loop => loop;

    /// <summary>The loops of the process, who count what arrives and what is closed.</summary>
    public readonly EventLoopGroup Group => group;

    /// <summary>Whether the loop watches it, or is about to.</summary>
    public bool IsWatched => Volatile.Read(ref _isWatched) != 0;

    /// <summary>It is on its way to Kestrel; until it is watched nobody knows of it.</summary>
    public void BeginArrival()
    {
        _isArriving = 1;
        group.OnArriving();
    }

    /// <summary>Whether the caller is to have the loop watch it: the first who asks. It has arrived with that.</summary>
    public bool TryBeginWatch()
    {
        // The reader and the writer may come here at the same time.
        if (IsWatched || Interlocked.Exchange(ref _isWatched, 1) != 0)
        {
            return false;
        }

        EndArrival();
        return true;
    }

    /// <summary>Has the close that follows be a reset.</summary>
    public readonly void ResetOnClose() => LoopSyscalls.ResetOnClose(number);

    /// <summary>Closes it, or reads on for a while before.</summary>
    /// <param name="source">Whose it is.</param>
    /// <param name="linger">Whether the client may still be sending.</param>
    public void Close(ILoopSource source, bool linger)
    {
        EndArrival();
        if (linger)
        {
            Lingerer.TakeOver(source, loop, group, IsWatched);
            return;
        }

        loop.Forget(source);
        _ = LibC.Close(number);
        loop.CountConnection(-1);
        group.OnDescriptorFreed();
    }

    private void EndArrival()
    {
        if (Interlocked.Exchange(ref _isArriving, 0) != 0)
        {
            group.OnArrived();
        }
    }
}
