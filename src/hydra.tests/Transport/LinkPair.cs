using System.Net;
using System.Net.Sockets;

namespace Hydra.Tests.Transport;

/// <summary>Two connected sockets.</summary>
internal static class LinkPair
{
    public static (Socket Ours, Socket Theirs) Create(bool tcp = false)
    {
        AddressFamily family = tcp ? AddressFamily.InterNetwork : AddressFamily.Unix;
        ProtocolType protocol = tcp ? ProtocolType.Tcp : ProtocolType.Unspecified;
        using var listener = new Socket(family, SocketType.Stream, protocol);
        listener.Bind(tcp ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint("\0hydra-test-" + Guid.NewGuid()));
        listener.Listen();
        var theirs = new Socket(family, SocketType.Stream, protocol);
        theirs.Connect(listener.LocalEndPoint!);
        return (listener.Accept(), theirs);
    }
}
