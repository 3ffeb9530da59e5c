using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Hydra.Transport;

/// <summary>Reads the kernel's struct sockaddr.</summary>
internal static class SocketAddress
{
    /// <summary>Room for every address family's address.</summary>
    public const int MaxSize = 128;

    private const int FamilyInet = 2;
    private const int FamilyInet6 = 10;

    /// <summary>The endpoint of an IPv4 or IPv6 address; null for others: the clients of Unix sockets have no name.</summary>
    public static IPEndPoint? Read(ReadOnlySpan<byte> address)
    {
        if (address.Length < 8)
        {
            return null;
        }

        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return BitConverter.ToUInt16(address) switch
        {
            FamilyInet => new IPEndPoint(new IPAddress(address.Slice(4, 4)), port),
            FamilyInet6 => new IPEndPoint(new IPAddress(address.Slice(8, 16), BitConverter.ToUInt32(address[24..])), port),
            _ => null,
        };
    }

    /// <summary>Whether a socket that listens there has the same local address for all its connections.</summary>
    public static bool IsSpecific(EndPoint endPoint)
        => endPoint is not IPEndPoint ip || !(ip.Address.Equals(IPAddress.Any) || ip.Address.Equals(IPAddress.IPv6Any));

    /// <summary>Whether NoDelay and its kin make sense.</summary>
    public static bool IsTcp(Socket socket) => socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6;
}
