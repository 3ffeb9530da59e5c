using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Transport;

/// <summary>
/// The system calls that only the event loops and their sockets need, on Linux; what other rings need as well is in
/// <see cref="Primitives.LibC"/>. Each returns what the kernel returned, or the negative of errno: the runtime keeps errno
/// intact from the call's return until it is read. All sockets are non-blocking, so none but <see cref="EpollWait"/> ever waits.
/// </summary>
/// <remarks>
/// The calls make an ordinary transition out of managed code. Leaving it out ([SuppressGCTransition]) saves less than 50 ns of a send
/// and a receive that take 6 µs together on loopback, and a garbage collection would have to wait for a send that the scheduler
/// interrupts: up to 60 ms were seen.
/// </remarks>
internal static unsafe partial class LoopSyscalls
{
    // Values of the generic Linux ABI: x86-64, arm64 and riscv64 share them.
    public const int EpollIn = 0x1;
    public const int EpollOut = 0x4;
    public const int EpollErr = 0x8;
    public const int EpollHup = 0x10;
    public const int EpollRdHup = 0x2000;
    public const int EpollEdge = 1 << 31;

    public const int EIntr = 4;
    public const int EIo = 5;
    public const int EBadF = 9;
    public const int EAgain = 11;
    public const int ENoMem = 12;
    public const int EInval = 22;
    public const int ENFile = 23;
    public const int EMFile = 24;
    public const int ENotSock = 88;
    public const int EOpNotSupp = 95;
    public const int EConnAborted = 103;
    public const int ENoBufs = 105;

    /// <summary>MSG_DONTWAIT.</summary>
    public const int DoNotWait = 0x40;

    /// <summary>MSG_NOSIGNAL.</summary>
    public const int NoSignal = 0x4000;

    private const string Library = "libc";
    private const int SetupCall = 425;
    private const int EnterCall = 426;
    private const int UnixFamily = 1;
    private const int StreamType = 1;
    private const int ReadWrite = 3;
    private const int SharedPopulate = 0x8001;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int More = 0x8000;
    private const int MessagePeek = 0x2;
    private const int SocketLevel = 1;
    private const int LingerOption = 13;
    private const int ShutWrite = 1;
    private const int NumberOfFiles = 7;

    public static int EpollCreate() => Result(epoll_create1(CloseOnExec));

    public static int EpollControl(int epoll, EpollOperation operation, int fd, byte* entry) => Result(epoll_ctl(epoll, (int)operation, fd, entry));

    public static int EpollWait(int epoll, byte* entries, int count, int milliseconds) => Result(epoll_wait(epoll, entries, count, milliseconds));

    public static int EventFd() => Result(eventfd(0, CloseOnExec | NonBlocking));

    /// <summary>Adds one to an eventfd's counter.</summary>
    public static int Signal(int eventFd)
    {
        ulong one = 1;
        return Result(write(eventFd, &one, sizeof(ulong)));
    }

    public static int Accept(int fd, byte* address, int* length) => Result(accept4(fd, address, length, CloseOnExec | NonBlocking));

    public static int GetLocalName(int fd, byte* address, int* length) => Result(getsockname(fd, address, length));

    public static int Receive(int fd, byte* data, int length) => Result(recv(fd, data, (nuint)length, 0));

    /// <summary>Receives without taking anything away.</summary>
    public static int Peek(int fd, byte* data, int length) => Result(recv(fd, data, (nuint)length, MessagePeek));

    /// <summary>The same as <see cref="Receive"/>, again when a signal interrupts it.</summary>
    public static int ReceiveNow(int fd, byte* data, int length)
    {
        int received;
        do
        {
            received = Receive(fd, data, length);
        }
        while (received == -EIntr);
        return received;
    }

    /// <summary>Sends what the kernel takes at once. A closed connection is an error, and no signal.</summary>
    /// <param name="fd">A connected socket.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="length">How many.</param>
    /// <param name="more">More follow at once: the last segment may wait for them.</param>
    public static int Send(int fd, byte* data, int length, bool more = false)
        => Result(send(fd, data, (nuint)length, more ? NoSignal | More : NoSignal));

    /// <summary>Sends bytes of a file, as many as the kernel takes at once. Where the file is too short for any it is <see cref="EIo"/>.</summary>
    /// <param name="fd">A connected socket.</param>
    /// <param name="file">The file; closed is <see cref="EBadF"/>.</param>
    /// <param name="offset">Where the bytes begin.</param>
    /// <param name="length">How many, at least one.</param>
    public static int SendFile(int fd, SafeFileHandle file, long offset, int length)
    {
        bool isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            int sent = Result(sendfile(fd, (int)file.DangerousGetHandle(), &offset, (nuint)length));
            return sent == 0 ? -EIo : sent;
        }
        catch (ObjectDisposedException)
        {
            return -EBadF;
        }
        finally
        {
            if (isHeld)
            {
                file.DangerousRelease();
            }
        }
    }

    public static int ShutdownWrite(int fd) => Result(shutdown(fd, ShutWrite));

    /// <summary>Makes the next close of a TCP socket send a reset and drop what is unsent.</summary>
    public static int ResetOnClose(int fd)
    {
        Linger linger = new() { OnOff = 1, Seconds = 0 };
        return Result(setsockopt(fd, SocketLevel, LingerOption, &linger, sizeof(Linger)));
    }

    /// <summary>Makes a pair of connected, non-blocking Unix sockets.</summary>
    public static int SocketPair(int* pair) => Result(socketpair(UnixFamily, StreamType | CloseOnExec | NonBlocking, 0, pair));

    /// <summary>io_uring_setup(2), whose number is the same on every architecture. The descriptor is closed by exec.</summary>
    public static int IoUringSetup(uint entries, byte* parameters) => Result(syscall(SetupCall, (nint)entries, (nint)parameters, 0, 0, 0, 0));

    /// <summary>io_uring_enter(2).</summary>
    public static int IoUringEnter(int fd, uint submit, uint complete, uint flags)
        => Result(syscall(EnterCall, fd, (nint)submit, (nint)complete, (nint)flags, 0, 0));

    /// <summary>Maps a descriptor's memory for reading and writing; null when that fails.</summary>
    public static byte* MapShared(int fd, nuint length, long offset)
    {
        byte* address = mmap(null, length, ReadWrite, SharedPopulate, fd, (nint)offset);
        return address == (byte*)-1 ? null : address;
    }

    public static int Unmap(byte* address, nuint length) => Result(munmap(address, length));

    /// <summary>How many descriptors this process may have at present; without a limit where that cannot be told.</summary>
    public static ulong DescriptorLimit()
    {
        Limit limit;
        return getrlimit(NumberOfFiles, &limit) == 0 ? limit.Soft : ulong.MaxValue;
    }

    /// <summary>The result of a call that fails only where the process cannot go on.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="call">Its name, for the message.</param>
    public static int Check(int result, string call)
        => result >= 0 ? result : throw new InvalidOperationException($"{call}: {Marshal.GetPInvokeErrorMessage(-result)}");

    private static int Result(nint result) => result >= 0 ? (int)result : -Marshal.GetLastSystemError();

    /// <summary>How many bytes the kernel holds that the other side has not taken (SIOCOUTQ, tcp(7)); -1 where it does not say.</summary>
    public static int Unacknowledged(int descriptor)
    {
        const nuint OutputQueue = 0x5411;
        int value = 0;
        return ioctl(descriptor, OutputQueue, &value) == 0 ? value : -1;
    }

    [LibraryImport(Library)]
    private static partial int epoll_create1(int flags);

    [LibraryImport(Library)]
    private static partial int epoll_ctl(int epoll, int operation, int fd, byte* entry);

    [LibraryImport(Library)]
    private static partial int epoll_wait(int epoll, byte* entries, int count, int milliseconds);

    [LibraryImport(Library)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library)]
    private static partial nint write(int fd, void* data, nuint length);

    [LibraryImport(Library)]
    private static partial int accept4(int fd, byte* address, int* length, int flags);

    [LibraryImport(Library)]
    private static partial int getsockname(int fd, byte* address, int* length);

    [LibraryImport(Library)]
    private static partial nint recv(int fd, byte* data, nuint length, int flags);

    [LibraryImport(Library)]
    private static partial nint send(int fd, byte* data, nuint length, int flags);

    [LibraryImport(Library)]
    private static partial nint sendfile(int socket, int file, long* offset, nuint count);

    [LibraryImport(Library)]
    private static partial int shutdown(int fd, int how);

    [LibraryImport(Library)]
    private static partial int ioctl(int fd, nuint request, int* value);

    [LibraryImport(Library)]
    private static partial int setsockopt(int fd, int level, int option, void* value, int length);

    [LibraryImport(Library)]
    private static partial int socketpair(int family, int type, int protocol, int* pair);

    [LibraryImport(Library)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport(Library)]
    private static partial byte* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport(Library)]
    private static partial int munmap(void* address, nuint length);

    [LibraryImport(Library)]
    private static partial int getrlimit(int resource, Limit* limit);

    /// <summary>struct rlimit of getrlimit(2), on a 64-bit system.</summary>
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary>struct linger of socket(7).</summary>
    private struct Linger
    {
        public int OnOff;
        public int Seconds;
    }
}

/// <summary>What epoll_ctl does with a descriptor.</summary>
internal enum EpollOperation
{
    /// <summary>Begin to watch it.</summary>
    Add = 1,

    /// <summary>Watch it no more.</summary>
    Delete = 2,

    /// <summary>Watch it for something else.</summary>
    Modify = 3,
}
