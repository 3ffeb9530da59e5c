using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hydra.Transport;

/// <summary>
/// The array that epoll_wait fills. struct epoll_event is packed to 12 bytes on x86-64 and has 16 everywhere else, so its place is
/// computed. Owned by one loop; not safe for threads.
/// </summary>
internal sealed unsafe class EpollEvents : IDisposable
{
    private static readonly int Size = RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = Size - sizeof(ulong);

    /// <summary>Makes room for a number of events.</summary>
    public EpollEvents(int capacity)
    {
        Capacity = capacity;
        Pointer = (byte*)NativeMemory.AllocZeroed((nuint)(capacity * Size));
    }

    /// <summary>How many events fit.</summary>
    public int Capacity { get; }

    /// <summary>Where epoll_wait puts them.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>What happened, and to whom.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LoopEvents Read(int index, out int fd, out uint generation)
    {
        byte* entry = Pointer + (index * Size);
        ulong data = Unsafe.ReadUnaligned<ulong>(entry + DataOffset);
        fd = (int)(uint)data;
        generation = (uint)(data >> 32);
        return new LoopEvents(Unsafe.ReadUnaligned<int>(entry));
    }

    /// <summary>Calls epoll_ctl.</summary>
    /// <returns>0, or the negative of errno.</returns>
    public static int Control(int epoll, EpollOperation operation, int fd, int events, uint generation)
    {
        byte* entry = stackalloc byte[16];
        Unsafe.WriteUnaligned(entry, events);
        Unsafe.WriteUnaligned(entry + DataOffset, ((ulong)generation << 32) | (uint)fd);
        return LoopSyscalls.EpollControl(epoll, operation, fd, entry);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
