using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Hydra.Http;

/// <summary>
/// What counts as one client: an address of IPv4, and of IPv6 the network of 64 bits, all of which one host may have (RFC 6177, section 2).
/// </summary>
/// <param name="Bits">The address, IPv4 as IPv6 maps it; without the bits of the host.</param>
internal readonly record struct PeerNetwork(UInt128 Bits)
{
    /// <summary>The network of an address.</summary>
    public static PeerNetwork Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        (address.AddressFamily is AddressFamily.InterNetwork ? address.MapToIPv6() : address).TryWriteBytes(bytes, out _);
        if (address.AddressFamily is AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
        {
            bytes[8..].Clear();
        }

        return new PeerNetwork(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }
}
