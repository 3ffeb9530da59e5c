using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>How the loop transport is to behave. Read when the server starts.</summary>
internal sealed class TransportOptions
{
    /// <summary>How many event loops there are; 0: as many as suit the machine.</summary>
    public int Loops { get; init; }

    /// <summary>Whether the loops may use io_uring to receive from, and send to, several connections in one system call.</summary>
    public bool Batches { get; init; } = true;

    /// <summary>How long a loop with few events looks for the next one before it sleeps; zero: it sleeps at once.</summary>
    public TimeSpan BusyPoll { get; init; }

    /// <summary>How many connections may wait in the kernel to be accepted.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>Whether another process may listen on the same TCP port at the same time, and share its connections.</summary>
    public bool ReusePort { get; init; }

    /// <summary>The permissions of Unix socket files; null: whatever the umask leaves.</summary>
    public UnixFileMode? SocketMode { get; init; }

    /// <summary>The owner of Unix socket files; null: who runs the server.</summary>
    public FileOwner? SocketOwner { get; init; }

    /// <summary>Where the listening sockets come from: those that were inherited are taken over before any is opened.</summary>
    public ListenSockets Sockets { get; init; } = new();

    /// <summary>
    /// How long a client that has shut down its sending side may wait for the response to its last request. The kernel cannot tell
    /// such a client from one that has left for good; after this time it counts as gone, and its request is cancelled.
    /// </summary>
    public TimeSpan HalfCloseGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a connection that the server closes is read on when nothing comes: the client may still be sending, and the kernel's reset
    /// would destroy the response before the client has read it.
    /// </summary>
    public TimeSpan LingerTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long such a connection is read on in all. Both are nginx's: an upload that was answered early has half a minute to end.
    /// </summary>
    public TimeSpan LingerLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many bytes are read of it at most: who sends faster than that in half a minute has seen the response long ago.</summary>
    public long LingerBytes { get; init; } = 1L << 30;

    /// <summary>How long a client may take nothing of what it is sent; zero: for ever.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a connection may wait for its next request. Kestrel sees to it where it serves the connection.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>
    /// How long nothing has happened on a connection before it gives up its memory, up to half as long again; zero: it never does.
    /// </summary>
    public TimeSpan HibernateAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>With fewer connections than this on a loop none gives up its memory: they have 4 MB together.</summary>
    public int HibernateFrom { get; init; } = 512;

    /// <summary>The number of loops for this machine.</summary>
    public int EffectiveLoops => Loops > 0 ? Loops : Math.Clamp(Environment.ProcessorCount / 2, 1, 8);
}
