using System.Net;
using System.Net.Sockets;

namespace Hydra.Diagnostics;

/// <summary>Where a syslog daemon listens.</summary>
/// <param name="Path">The path of its Unix socket; empty where it is reached over the network.</param>
/// <param name="Host">Its host, else.</param>
/// <param name="Port">Its port, else.</param>
/// <param name="IsStream">TCP, or a stream socket, instead of datagrams.</param>
internal sealed record SyslogAddress(string Path, string Host, int Port, bool IsStream)
{
    private const int UsualPort = 514;

    /// <summary>The machine's own.</summary>
    public static SyslogAddress Default { get; } = new(OperatingSystem.IsMacOS() ? "/var/run/syslog" : "/dev/log", "", 0, false);

    /// <summary>Reads udp://host:port, tcp://host:port, unix:/path, unix:///path#stream or #dgram, as gunicorn has them.</summary>
    /// <param name="text">The address.</param>
    /// <param name="address">What it means.</param>
    /// <returns>Null, or what is wrong: the rest of a sentence that begins with the option.</returns>
    public static string? TryRead(string text, out SyslogAddress address)
    {
        text = text.Trim();
        address = Default;
        if (text.StartsWith("unix:", StringComparison.OrdinalIgnoreCase))
        {
            string path = text[5..];
            path = path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path;
            int mark = path.LastIndexOf('#');
            string kind = mark < 0 ? "" : path[(mark + 1)..];
            path = mark < 0 ? path : path[..mark];
            address = new SyslogAddress(path, "", 0, kind == "stream");
            return path.Length > 0 && kind is "" or "stream" or "dgram" ? null : Wrong(text);
        }

        bool isTcp = text.StartsWith("tcp://", StringComparison.OrdinalIgnoreCase);
        if (!isTcp && !text.StartsWith("udp://", StringComparison.OrdinalIgnoreCase))
        {
            return Wrong(text);
        }

        if (!HostAndPort.TryRead(text[6..], UsualPort, out string host, out int port))
        {
            return Wrong(text);
        }

        address = new SyslogAddress("", host.Length == 0 ? "localhost" : host, port, isTcp);
        return null;
    }

    /// <summary>Connects.</summary>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public Socket Connect()
    {
        var socket = new Socket(
            Path.Length > 0 ? AddressFamily.Unix : Dns.GetHostAddresses(Host)[0].AddressFamily, IsStream ? SocketType.Stream : SocketType.Dgram,
            Path.Length > 0 ? ProtocolType.Unspecified : IsStream ? ProtocolType.Tcp : ProtocolType.Udp)
        {
            SendTimeout = 5000,
        };
        try
        {
            if (Path.Length > 0)
            {
                socket.Connect(new UnixDomainSocketEndPoint(Path));
            }
            else
            {
                socket.Connect(new IPEndPoint(Dns.GetHostAddresses(Host)[0], Port));
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Wrong(string text) => $"\"{text}\" is not an address such as udp://localhost:514, tcp://logs:601 or unix:/dev/log.";
}
