using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Hydra.Primitives;

/// <summary>
/// Addresses as proxies write them, strictly: what .NET takes beside that (one number, octal digits, zones) is how somebody would get past a
/// comparison.
/// </summary>
internal static class AddressText
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Reads an address of IPv4 in four decimal parts, or of IPv6 without brackets and zone; one that is mapped becomes that of IPv4.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        bool isOld = text.Length is >= 7 and <= 15 && !text.ContainsAnyExcept(Digits);
        if (isOld ? !HasFourParts(text) : text.Length is < 2 or > 45 || !text.Contains(':') || text.ContainsAnyExcept(Hexadecimal))
        {
            return false;
        }

        if (!IPAddress.TryParse(text, out IPAddress? read) || read.AddressFamily != (isOld ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6))
        {
            return false;
        }

        address = Unmapped(read);
        return true;
    }

    /// <summary>A dual-stack socket has clients of IPv4 as ::ffff:a.b.c.d; everybody compares with a.b.c.d.</summary>
    public static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool HasFourParts(ReadOnlySpan<char> text)
    {
        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0'))
            {
                return false;
            }

            parts++;
        }

        return parts == 4;
    }
}
