using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Workers.Processes;

/// <summary>Sends bytes over a Unix socket, and descriptors with the first of them (SCM_RIGHTS; unix(7)). POSIX only.</summary>
[UnsupportedOSPlatform("windows")]
internal static unsafe partial class DescriptorPassing
{
    // SCM_RIGHTS and EINTR, the same on Linux and macOS.
    private const int Rights = 1;
    private const int Interrupted = 4;

    /// <summary>Sends everything. The socket is blocking.</summary>
    /// <param name="socket">A connected Unix socket.</param>
    /// <param name="data">The bytes, at least one.</param>
    /// <param name="descriptors">Up to 16; the other process gets duplicates.</param>
    /// <exception cref="SocketException">The other side is gone.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors)
    {
        byte* control = stackalloc byte[256];
        int length = descriptors.Length == 0 ? 0 : OperatingSystem.IsMacOS() ? WriteDarwin(control, descriptors) : WriteLinux(control, descriptors);
        nint sent;
        do
        {
            sent = SendOnce((int)socket.SafeHandle.DangerousGetHandle(), data, control, length);
        }
        while (sent < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        if (sent < 0)
        {
            throw new SocketException(Marshal.GetLastPInvokeError(), Marshal.GetLastPInvokeErrorMessage());
        }

        for (data = data[(int)sent..]; data.Length > 0;)
        {
            data = data[socket.Send(data)..];
        }
    }

    private static nint SendOnce(int descriptor, ReadOnlySpan<byte> data, byte* control, int controlLength)
    {
        byte* given = controlLength == 0 ? null : control;
        fixed (byte* bytes = data)
        {
            var vector = new IoVector { Base = bytes, Length = (nuint)data.Length };
            if (OperatingSystem.IsMacOS())
            {
                var message = new DarwinMessage { Vectors = &vector, VectorCount = 1, Control = given, ControlLength = (uint)controlLength };
                return SendMessage(descriptor, &message, 0);
            }
            else
            {
                var message = new LinuxMessage { Vectors = &vector, VectorCount = 1, Control = given, ControlLength = (nuint)controlLength };
                return SendMessage(descriptor, &message, 0);
            }
        }
    }

    // struct cmsghdr: the length in a size_t, level, type.
    private static int WriteLinux(byte* control, ReadOnlySpan<int> descriptors)
    {
        int header = sizeof(nuint) + (2 * sizeof(int));
        int length = header + (descriptors.Length * sizeof(int));
        *(nuint*)control = (nuint)length;
        *(int*)(control + sizeof(nuint)) = 1;
        *(int*)(control + sizeof(nuint) + sizeof(int)) = Rights;
        descriptors.CopyTo(new Span<int>(control + header, descriptors.Length));
        return (length + sizeof(nuint) - 1) / sizeof(nuint) * sizeof(nuint);
    }

    // The same with a length of four bytes.
    private static int WriteDarwin(byte* control, ReadOnlySpan<int> descriptors)
    {
        int length = (3 * sizeof(int)) + (descriptors.Length * sizeof(int));
        *(int*)control = length;
        *(int*)(control + sizeof(int)) = 0xffff;
        *(int*)(control + (2 * sizeof(int))) = Rights;
        descriptors.CopyTo(new Span<int>(control + (3 * sizeof(int)), descriptors.Length));
        return length;
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int descriptor, void* message, int flags);

    private struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    private struct LinuxMessage
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    private struct DarwinMessage
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public int VectorCount;
        public void* Control;
        public uint ControlLength;
        public int Flags;
    }
}
