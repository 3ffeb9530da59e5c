using System.Net;

namespace Hydra.Transport;

/// <summary>
/// What is left of a connection on which nothing happens: its descriptor and its addresses, 160 bytes where an awake one has 7 KB. When
/// the client sends something the connection goes through its listener once more, and Kestrel serves it as one that was just accepted.
/// Belongs to the loop's thread.
/// </summary>
internal sealed class HibernatedConnection : ILoopSource
{
    private readonly Hibernator _hibernator;
    private readonly EndPoint? _local;
    private readonly EndPoint? _remote;

    /// <summary>Takes over what is left of a connection.</summary>
    public HibernatedConnection(Hibernator hibernator, LoopConnection connection, LoopListener listener)
    {
        _hibernator = hibernator;
        _local = connection.LocalEndPoint;
        _remote = connection.RemoteEndPoint;
        Listener = listener;
        Descriptor = connection.Descriptor;
    }

    /// <inheritdoc/>
    public int Descriptor { get; }

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <summary>Where it came from, and goes back to.</summary>
    public LoopListener Listener { get; }

    /// <summary>When its time without a request is over, on the clock of <see cref="Environment.TickCount64"/>.</summary>
    public long Deadline { get; set; }

    /// <summary>Its place in the order of the deadlines.</summary>
    public LinkedListNode<HibernatedConnection>? Place { get; set; }

    /// <summary>The connection as it was when it was accepted.</summary>
    public LoopConnection Revive(EventLoop loop, EventLoopGroup group) => new(loop, group, Descriptor, _local, _remote, Listener);

    unsafe void ILoopSource.OnEvents(LoopEvents events)
    {
        // The end of the client is the usual reason, and needs no Kestrel.
        byte first;
        int peeked = LoopSyscalls.Peek(Descriptor, &first, 1);
        if (peeked > 0)
        {
            _hibernator.Wake(this);
        }
        else if (peeked != -LoopSyscalls.EAgain && peeked != -LoopSyscalls.EIntr)
        {
            _hibernator.Close(this);
        }
    }

    void ILoopSource.OnFault(Exception exception) => _hibernator.Close(this);
}
