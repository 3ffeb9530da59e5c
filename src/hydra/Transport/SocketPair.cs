using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>Two sockets that are connected to each other: socketpair(2), which .NET has no call for. POSIX only.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class SocketPair
{
    private const int UnixFamily = 1;
    private const int StreamType = 1;

    /// <summary>Makes two, which are closed in processes that are started from now on.</summary>
    /// <exception cref="Win32Exception">There are no descriptors left.</exception>
    public static unsafe (Socket First, Socket Second) Create()
    {
        int* pair = stackalloc int[2];
        int type = OperatingSystem.IsLinux() ? StreamType | LibC.CloseOnExec : StreamType;
        if (socketpair(UnixFamily, type, 0, pair) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        _ = LibC.SetCloseOnExec(pair[0]);
        _ = LibC.SetCloseOnExec(pair[1]);
        return (new Socket(new SafeSocketHandle(pair[0], ownsHandle: true)), new Socket(new SafeSocketHandle(pair[1], ownsHandle: true)));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int socketpair(int family, int type, int protocol, int* pair);
}
