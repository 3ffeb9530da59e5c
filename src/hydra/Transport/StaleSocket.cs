using System.Net.Sockets;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>Removes what a server that was killed leaves where a Unix socket is to be bound: a socket file that nobody listens behind.</summary>
internal static class StaleSocket
{
    /// <summary>Removes the file if it is a socket and nobody answers. Every other kind of file stays.</summary>
    public static void Remove(UnixDomainSocketEndPoint endPoint, ILogger logger)
    {
        if (!OperatingSystem.IsWindows() && PathOf(endPoint) is { } path && FileStatus.Read(path, followLinks: true, out FileStatus status) == 0
            && status.IsSocket && !SomebodyListens(endPoint) && TryDelete(path))
        {
            TransportLog.StaleSocketRemoved(logger, path);
        }
    }

    private static bool SomebodyListens(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(endPoint);
            return true;
        }
        catch (SocketException e)
        {
            // A full backlog says "would block": there is somebody.
            return e.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.SocketError);
        }
    }

    private static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Null for an abstract name, which is no file.
    public static string? PathOf(UnixDomainSocketEndPoint endPoint)
        => endPoint.ToString() is { Length: > 0 } path && path[0] is not ('@' or '\0') ? path : null;
}
