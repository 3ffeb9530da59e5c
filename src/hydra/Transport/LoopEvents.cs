namespace Hydra.Transport;

/// <summary>What epoll has said about a socket.</summary>
/// <param name="Bits">The sum of <see cref="LoopSyscalls.EpollIn"/> and its kin.</param>
internal readonly record struct LoopEvents(int Bits)
{
    /// <summary>Whether the socket has an error: the other side has reset it.</summary>
    public bool IsError => (Bits & LoopSyscalls.EpollErr) != 0;

    /// <summary>Whether both directions are shut.</summary>
    public bool IsHangUp => (Bits & LoopSyscalls.EpollHup) != 0;

    /// <summary>Whether the other side sends nothing more.</summary>
    public bool IsPeerFinished => (Bits & (LoopSyscalls.EpollRdHup | LoopSyscalls.EpollHup)) != 0;

    /// <summary>Whether the kernel takes bytes again.</summary>
    public bool IsWritable => (Bits & LoopSyscalls.EpollOut) != 0;

    /// <summary>Whether there is something to receive: bytes, or the end.</summary>
    public bool IsReadable => (Bits & (LoopSyscalls.EpollIn | LoopSyscalls.EpollRdHup | LoopSyscalls.EpollHup)) != 0;

    /// <summary>Whether a receive is all that follows: bytes have come, and the connection is sound.</summary>
    public bool IsInput => (Bits & (LoopSyscalls.EpollIn | LoopSyscalls.EpollErr | LoopSyscalls.EpollHup)) == LoopSyscalls.EpollIn;
}
