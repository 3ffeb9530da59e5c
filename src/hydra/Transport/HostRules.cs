using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hydra.Transport;

/// <summary>What a host with an optional port is (RFC 9110, section 7.2; RFC 3986, section 3.2).</summary>
internal static class HostRules
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> Hex = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private static readonly SearchValues<byte> Address = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    // A registered name but for the comma: nobody has a name with one, and two fields that were joined have.
    private static readonly SearchValues<byte> Name = SearchValues.Create(
        "-._~%!$&'()*+;=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // Zones are names of network interfaces (RFC 6874).
    private static readonly SearchValues<byte> Zone = SearchValues.Create(
        "-._~%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // What stands behind the dot of a future address.
    private static readonly SearchValues<byte> Future = SearchValues.Create(
        "-._~!$&'()*+,;=:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Whether it is nothing, or a name or address of IPv4 as nearly all are, with digits behind a colon or without.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> host)
    {
        int end = host.IndexOfAnyExcept(Plain);
        return end < 0 || (end > 0 && host[end] == ':' && end + 1 < host.Length && IsNumber(host[(end + 1)..]));
    }

    /// <summary>Whether it is a host with an optional port, which may be empty.</summary>
    /// <param name="host">The bytes; none where there is no host to name.</param>
    /// <param name="takesPath">Whether the path of a Unix socket will do as well: clients of one have nothing else to name.</param>
    public static bool IsValid(ReadOnlySpan<byte> host, bool takesPath)
    {
        if (host.IsEmpty)
        {
            return true;
        }

        if (host[0] == '[')
        {
            int close = host.IndexOf((byte)']');
            return close > 0 && IsPort(host[(close + 1)..]) && IsLiteral(host[1..close]);
        }

        if (takesPath && host.Contains((byte)'/'))
        {
            return !host.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e) && !host.ContainsAny((byte)',', (byte)'@');
        }

        int end = host.IndexOfAnyExcept(Name);
        return (end < 0 || (end > 0 && IsPort(host[end..]))) && HasWholeEscapes(end < 0 ? host : host[..end]);
    }

    private static bool IsPort(ReadOnlySpan<byte> port)
        => port.IsEmpty || (port[0] == ':' && IsNumber(port[1..]));

    // Zeros in front do not count; none is an empty port.
    private static bool IsNumber(ReadOnlySpan<byte> digits)
    {
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        digits = digits.TrimStart((byte)'0');
        return digits.Length <= 5 && (digits.IsEmpty || (Utf8Parser.TryParse(digits, out int port, out _) && port <= ushort.MaxValue));
    }

    private static bool IsLiteral(ReadOnlySpan<byte> literal)
    {
        if (literal.Length > 0 && literal[0] is (byte)'v' or (byte)'V')
        {
            int dot = literal.IndexOf((byte)'.');
            return dot > 1 && !literal[1..dot].ContainsAnyExcept(Hex)
                && dot + 1 < literal.Length && !literal[(dot + 1)..].ContainsAnyExcept(Future);
        }

        int zone = literal.IndexOf((byte)'%');
        if (zone >= 0 && (zone + 1 == literal.Length || literal[(zone + 1)..].ContainsAnyExcept(Zone)))
        {
            return false;
        }

        ReadOnlySpan<byte> address = zone < 0 ? literal : literal[..zone];
        return !address.ContainsAnyExcept(Address) && address.Contains((byte)':')
            && IPAddress.TryParse(Encoding.ASCII.GetString(address), out IPAddress? parsed) && parsed.AddressFamily is AddressFamily.InterNetworkV6;
    }

    // RFC 3986, section 2.1.
    private static bool HasWholeEscapes(ReadOnlySpan<byte> name)
    {
        for (int i = name.IndexOf((byte)'%'); i >= 0 && i < name.Length; i++)
        {
            if (name[i] == '%' && (i + 2 >= name.Length || !char.IsAsciiHexDigit((char)name[i + 1]) || !char.IsAsciiHexDigit((char)name[i + 2])))
            {
                return false;
            }
        }

        return true;
    }
}
