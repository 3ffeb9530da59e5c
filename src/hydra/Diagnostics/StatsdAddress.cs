using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hydra.Diagnostics;

/// <summary>Where a statsd daemon takes datagrams.</summary>
/// <param name="Path">The path of its Unix socket; empty where it is reached over the network.</param>
/// <param name="Host">Its host, else.</param>
/// <param name="Port">Its port, else.</param>
internal sealed record StatsdAddress(string Path, string Host, int Port)
{
    private const int UsualPort = 8125;

    /// <summary>Reads host:port, host, unix:/path or unix:///path, as gunicorn has them; udp:// may stand in front of a host.</summary>
    /// <param name="text">The address.</param>
    /// <param name="address">What it means.</param>
    /// <returns>Null, or what is wrong: the rest of a sentence that begins with the option.</returns>
    public static string? TryRead(string text, out StatsdAddress address)
    {
        string rest = text.Trim();
        address = new StatsdAddress("", "localhost", UsualPort);
        if (rest.StartsWith("unix:", StringComparison.OrdinalIgnoreCase))
        {
            string path = rest[5..];
            path = path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path;
            address = new StatsdAddress(path, "", 0);
            return path.Length > 0 ? null : Wrong(text);
        }

        rest = rest.StartsWith("udp://", StringComparison.OrdinalIgnoreCase) ? rest[6..] : rest;
        bool isRead = HostAndPort.TryRead(rest, UsualPort, out string host, out int port);
        address = new StatsdAddress("", host, port);
        return isRead && host.Length > 0 && !host.Contains('/', StringComparison.Ordinal) ? null : Wrong(text);
    }

    /// <summary>A socket that sends there, and never waits.</summary>
    /// <exception cref="SocketException">Its name is not known, or nobody is at the path.</exception>
    public Socket Connect()
    {
        EndPoint end = Path.Length > 0 ? new UnixDomainSocketEndPoint(Path) : new IPEndPoint(Dns.GetHostAddresses(Host)[0], Port);
        var socket = new Socket(end.AddressFamily, SocketType.Dgram, Path.Length > 0 ? ProtocolType.Unspecified : ProtocolType.Udp) { Blocking = false };
        try
        {
            socket.Connect(end);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string ToString()
        => Path.Length > 0 ? "unix:" + Path : string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    private static string Wrong(string text) => $"\"{text}\" is not an address such as localhost:8125 or unix:///run/statsd.sock.";
}
