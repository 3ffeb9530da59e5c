using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Primitives;

/// <summary>Whose process is at the other end of a Unix socket. POSIX only.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class PeerUser
{
    // Of Linux, and the same on every architecture that .NET runs on.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    /// <summary>Whether a user may do what this process's user may: it is that one, or root.</summary>
    /// <param name="peer">The user; null where the system does not say.</param>
    /// <param name="own">This process's user.</param>
    public static bool IsTrusted(uint? peer, uint own) => peer is { } user && (user == own || user == 0);

    /// <summary>The user of the process that has connected, at the time it did; null where the system does not say.</summary>
    /// <param name="socket">The accepted socket.</param>
    public static uint? Of(Socket socket)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // struct ucred: pid, uid, gid.
                Span<byte> credentials = stackalloc byte[12];
                return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length ? MemoryMarshal.Read<uint>(credentials[4..]) : null;
            }

            return GetPeerUser((int)socket.SafeHandle.DangerousGetHandle(), out uint user, out _) == 0 ? user : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "getpeereid", SetLastError = true)]
    private static partial int GetPeerUser(int descriptor, out uint user, out uint group);
}
