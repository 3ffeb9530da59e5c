using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>Makes listening sockets. Used when the server starts.</summary>
internal sealed class ListenSocket
{
    // Of Linux.
    private const int SocketLevel = 1;
    private const int ReusePortOption = 15;

    private ListenSocket(Socket socket, EndPoint endPoint)
    {
        Socket = socket;
        EndPoint = endPoint;
    }

    /// <summary>The socket, non-blocking. Disposing it removes the file of a Unix socket that was bound here.</summary>
    public Socket Socket { get; }

    /// <summary>Where it listens: with the port that was found, if any port was asked for.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Binds and listens.</summary>
    /// <exception cref="AddressInUseException">Somebody listens there.</exception>
    /// <exception cref="SocketException">It is not possible for another reason.</exception>
    public static ListenSocket Open(EndPoint endPoint, TransportOptions options, ILogger logger)
    {
        Socket socket = endPoint switch
        {
            IPEndPoint ip => CreateTcp(ip, options),
            UnixDomainSocketEndPoint unix => CreateUnix(unix, logger),
            FileHandleEndPoint handle => Adopt(handle),
            _ => throw new NotSupportedException($"The loop transport cannot listen on {endPoint.GetType().Name}."),
        };

        try
        {
            if (endPoint is not FileHandleEndPoint)
            {
                Bind(socket, endPoint, options);
            }

            if (SocketAddress.IsTcp(socket))
            {
                // What is accepted inherits it.
                socket.NoDelay = true;
            }

            // A descriptor that was inherited may listen already; then this only sets the backlog.
            socket.Listen(options.Backlog);
            socket.Blocking = false;
            return new ListenSocket(socket, endPoint is IPEndPoint ? socket.LocalEndPoint! : endPoint);
        }
        catch
        {
            socket.Dispose();
            throw;
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

    private static Socket Adopt(FileHandleEndPoint endPoint)
    {
        // Whoever passed the descriptor on owns it.
        return new Socket(new SafeSocketHandle((nint)endPoint.FileHandle, ownsHandle: false));
    }

    private static void Bind(Socket socket, EndPoint endPoint, TransportOptions options)
    {
        try
        {
            socket.Bind(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        if (endPoint is UnixDomainSocketEndPoint unix && StaleSocket.PathOf(unix) is { } path && options.SocketMode is { } mode && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
