using System.Net;
using System.Net.Sockets;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Hosting;

/// <summary>Finds the endpoints that an address of the user's stands for.</summary>
internal static class ListenAddresses
{
    /// <summary>The endpoints of all addresses, without repetition; where a socket was inherited for one, it takes its place.</summary>
    /// <exception cref="StartException">A host name is unknown.</exception>
    public static IReadOnlyList<EndPoint> Resolve(IEnumerable<BindAddress> binds, ListenSockets sockets)
        => [.. binds.SelectMany(Resolve).Distinct().Select(sockets.Claim)];

    private static IEnumerable<EndPoint> Resolve(BindAddress bind) => bind switch
    {
        BindAddress.Unix unix => [new UnixDomainSocketEndPoint(OddPath.Full(unix.Path))],
        BindAddress.Tcp tcp => Resolve(tcp),
        BindAddress.Descriptor given => [new FileHandleEndPoint((ulong)given.Number, FileHandleType.Auto)],
        _ => throw new InvalidOperationException("an address of an unknown kind"),
    };

    private static IEnumerable<EndPoint> Resolve(BindAddress.Tcp tcp)
    {
        if (IPAddress.TryParse(tcp.Host, out IPAddress? address))
        {
            return [new IPEndPoint(address, tcp.Port)];
        }

        IPAddress[] found;
        try
        {
            found = Dns.GetHostAddresses(tcp.Host);
        }
        catch (SocketException e)
        {
            throw new StartException($"the host name {tcp.Host} cannot be resolved: {e.Message}");
        }

        // A free port is chosen for each endpoint, and one address can stand for only one port: IPv4 first.
        IPAddress[] usable = [.. found.OrderBy(a => a.AddressFamily is not AddressFamily.InterNetwork)];
        return usable.Take(tcp.Port == 0 ? 1 : usable.Length).Select(a => new IPEndPoint(a, tcp.Port));
    }
}
