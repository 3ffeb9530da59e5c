using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>A listening socket. Made when the server starts; any thread.</summary>
internal sealed class ListenSocket
{
    // Of Linux.
    private const int SocketLevel = 1;
    private const int ReusePortOption = 15;

    private string? _ownedPath;
    private volatile bool _isShared;

    private ListenSocket(Socket socket, EndPoint endPoint, string key, string? ownedPath, bool isShared)
    {
        Socket = socket;
        EndPoint = endPoint;
        Key = key;
        _ownedPath = ownedPath;
        _isShared = isShared;
    }

    /// <summary>The socket, non-blocking on Linux. Disposing it leaves the file of a Unix socket; see <see cref="RemovePath"/>.</summary>
    public Socket Socket { get; }

    /// <summary>Where it listens: with the port that was found, if any port was asked for.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>What it stands for, as <see cref="InheritedSocket.Key"/>.</summary>
    public string Key { get; }

    /// <summary>Whether the file of the Unix socket is removed in the end.</summary>
    public bool OwnsPath => _ownedPath is not null;

    /// <summary>Whether another process has the socket too: what waits in its queue is not lost when this one closes it.</summary>
    public bool IsShared => _isShared;

    /// <summary>Binds and listens.</summary>
    /// <exception cref="AddressInUseException">Somebody listens there.</exception>
    /// <exception cref="SocketException">It is not possible for another reason.</exception>
    public static ListenSocket Open(EndPoint endPoint, TransportOptions options, ILogger logger)
    {
        Socket socket = endPoint switch
        {
            IPEndPoint ip => CreateTcp(ip, options),
            UnixDomainSocketEndPoint unix => CreateUnix(unix, logger),
            _ => throw new NotSupportedException($"The server cannot listen on {endPoint.GetType().Name}."),
        };

        try
        {
            Bind(socket, endPoint, options);
            Listen(socket, options);
            string? path = endPoint is UnixDomainSocketEndPoint bound ? StaleSocket.PathOf(bound) : null;
            return new ListenSocket(socket, endPoint is IPEndPoint ? socket.LocalEndPoint! : endPoint, endPoint.ToString()!, path, isShared: false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes over a socket that was inherited.</summary>
    /// <exception cref="IOException">The descriptor is not open, or is something else.</exception>
    public static ListenSocket Adopt(InheritedSocket inherited, TransportOptions options)
    {
        var handle = new SafeSocketHandle(inherited.Number, ownsHandle: true);
        try
        {
            var socket = new Socket(handle);
            if (socket.SocketType is not SocketType.Stream || socket.Connected || socket.LocalEndPoint is not { } endPoint)
            {
                throw new IOException("it is no stream socket that can listen");
            }

            Listen(socket, options);
            string? path = inherited.OwnsPath && endPoint is UnixDomainSocketEndPoint unix ? StaleSocket.PathOf(unix) : null;
            return new ListenSocket(socket, endPoint, inherited.Key, path, inherited.IsShared);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // Not closed: it may be anything.
            handle.SetHandleAsInvalid();
            throw new IOException($"descriptor {inherited.Number} cannot be listened on: {e.Message}", e);
        }
    }

    /// <summary>Another process goes on with the socket.</summary>
    public void HandOver()
    {
        _isShared = true;
        _ownedPath = null;
    }

    /// <summary>Removes the file of a Unix socket that was bound here. To be called when the socket is closed; further calls do nothing.</summary>
    public void RemovePath()
    {
        if (Interlocked.Exchange(ref _ownedPath, null) is { } path)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next server finds that nobody listens behind it.
            }
        }
    }

    private static void Listen(Socket socket, TransportOptions options)
    {
        if (SocketAddress.IsTcp(socket))
        {
            // What is accepted inherits it.
            socket.NoDelay = true;
        }

        // A descriptor that was inherited may listen already; then this only sets the backlog.
        socket.Listen(options.Backlog);
        if (OperatingSystem.IsLinux())
        {
            socket.Blocking = false;
        }
    }

    private static Socket CreateTcp(IPEndPoint endPoint, TransportOptions options)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (endPoint.Address.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }

        if (options.ReusePort)
        {
            ReadOnlySpan<byte> on = [1, 0, 0, 0];
            socket.SetRawSocketOption(SocketLevel, ReusePortOption, on);
        }

        return socket;
    }

    private static Socket CreateUnix(UnixDomainSocketEndPoint endPoint, ILogger logger)
    {
        StaleSocket.Remove(endPoint, logger);
        return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    }

    private static void Bind(Socket socket, EndPoint endPoint, TransportOptions options)
    {
        try
        {
            socket.Bind(endPoint is UnixDomainSocketEndPoint unixEndPoint ? new PathKeepingEndPoint(unixEndPoint) : endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        if (endPoint is UnixDomainSocketEndPoint unix && StaleSocket.PathOf(unix) is { } path && !OperatingSystem.IsWindows())
        {
            Dedicate(path, options);
        }
    }

    // The mode last: a file that is about to change hands is open to nobody more than it was.
    [UnsupportedOSPlatform("windows")]
    private static void Dedicate(string path, TransportOptions options)
    {
        try
        {
            options.SocketOwner?.Take(path);
            if (options.SocketMode is { } mode)
            {
                File.SetUnixFileMode(path, mode);
            }
        }
        catch (IOException)
        {
            File.Delete(path);
            throw;
        }
    }
}
