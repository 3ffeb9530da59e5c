using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hydra.Workers;

/// <summary>The address at which workers connect, and the socket that listens there.</summary>
/// <param name="Socket">The listening socket.</param>
/// <param name="Text">The address as the boot document has it.</param>
internal sealed record LinkAddress(Socket Socket, string Text)
{
    /// <summary>Listens on a Unix socket at a path in a private directory.</summary>
    /// <exception cref="SocketException">The socket cannot be made there.</exception>
    public static LinkAddress ListenUnix(string path)
        => Listen(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path), "unix:" + path);

    /// <summary>Listens on an abstract Unix socket (Linux), where no directory can be written.</summary>
    /// <exception cref="SocketException">The name is taken.</exception>
    public static LinkAddress ListenAbstract(string name)
        => Listen(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint("\0" + name), "abstract:" + name);

    /// <summary>Listens on a free port of the loopback interface.</summary>
    /// <exception cref="SocketException">No port is free.</exception>
    public static LinkAddress ListenTcp()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        LinkAddress address = Listen(socket, new IPEndPoint(IPAddress.Loopback, 0), "");
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        return address with { Text = string.Create(CultureInfo.InvariantCulture, $"tcp:127.0.0.1:{port}") };
    }

    private static LinkAddress Listen(Socket socket, EndPoint endPoint, string text)
    {
        try
        {
            socket.Bind(endPoint);
            socket.Listen(1024);
            return new LinkAddress(socket, text);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
