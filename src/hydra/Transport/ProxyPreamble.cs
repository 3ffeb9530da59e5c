using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// What a proxy says of a connection before the connection's own first byte: the PROXY protocol of HAProxy, versions 1 (a line) and 2 (binary).
/// </summary>
/// <param name="Source">The client; null where the proxy asks for itself (LOCAL) or does not know it (UNKNOWN).</param>
/// <param name="Destination">What the client has reached; null with it.</param>
/// <param name="IsTls">Whether the client has spoken TLS to the proxy.</param>
internal readonly record struct ProxyPreamble(IPEndPoint? Source, IPEndPoint? Destination, bool IsTls)
{
    /// <summary>The most bytes that are taken: addresses, and what follows them in version 2.</summary>
    public const int MostBytes = FixedSize + (16 * 1024);

    // Of version 1, with its end.
    private const int LongestLine = 107;

    // Of version 2, in front of the addresses.
    private const int FixedSize = 16;
    private const int ChecksumType = 0x03;
    private const int TlsType = 0x20;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> LineStart => "PROXY "u8;

    /// <summary>Reads what a connection begins with.</summary>
    /// <param name="bytes">All that has come.</param>
    /// <param name="versions">The versions that are spoken.</param>
    /// <param name="preamble">What is said.</param>
    /// <param name="length">Bytes of it.</param>
    public static PreambleStatus Read(ReadOnlySpan<byte> bytes, ProxyVersions versions, out ProxyPreamble preamble, out int length)
    {
        preamble = default;
        length = 0;
        ReadOnlySpan<byte> start = bytes.Length > 0 && bytes[0] == 'P' ? LineStart : Signature;
        int known = Math.Min(bytes.Length, start.Length);
        if (!bytes[..known].SequenceEqual(start[..known]))
        {
            return PreambleStatus.Missing;
        }

        if (known < start.Length)
        {
            return PreambleStatus.Incomplete;
        }

        bool isLine = start.Length == LineStart.Length;
        return !versions.HasFlag(isLine ? ProxyVersions.One : ProxyVersions.Two) ? PreambleStatus.Malformed
            : isLine ? ReadLine(bytes, ref preamble, ref length)
            : ReadBinary(bytes, ref preamble, ref length);
    }

    private static PreambleStatus ReadLine(ReadOnlySpan<byte> bytes, ref ProxyPreamble preamble, ref int length)
    {
        int end = bytes[..Math.Min(bytes.Length, LongestLine)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return bytes.Length < LongestLine ? PreambleStatus.Incomplete : PreambleStatus.Malformed;
        }

        length = end + 2;
        ReadOnlySpan<byte> line = bytes[LineStart.Length..end];
        if (line.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e))
        {
            return PreambleStatus.Malformed;
        }

        string[] parts = Encoding.ASCII.GetString(line).Split(' ');
        if (parts[0] == "UNKNOWN")
        {
            return PreambleStatus.Complete;
        }

        bool isNew = parts[0] == "TCP6";
        if ((!isNew && parts[0] != "TCP4") || parts.Length != 5 || parts[1].Contains(':') != isNew || parts[2].Contains(':') != isNew
            || !AddressText.TryRead(parts[1], out IPAddress source) || !AddressText.TryRead(parts[2], out IPAddress destination)
            || !TryReadPort(parts[3], out int sourcePort) || !TryReadPort(parts[4], out int destinationPort))
        {
            return PreambleStatus.Malformed;
        }

        preamble = new ProxyPreamble(new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort), false);
        return PreambleStatus.Complete;
    }

    private static bool TryReadPort(string text, out int port)
    {
        port = 0;
        return text is "0" || (text.Length is > 0 and < 6 && text[0] != '0' && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue);
    }

    private static PreambleStatus ReadBinary(ReadOnlySpan<byte> bytes, ref ProxyPreamble preamble, ref int length)
    {
        if (bytes.Length < FixedSize)
        {
            return bytes.Length > 12 && bytes[12] is not 0x20 and not 0x21 ? PreambleStatus.Malformed : PreambleStatus.Incomplete;
        }

        int rest = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (bytes[12] is not 0x20 and not 0x21 || FixedSize + rest > MostBytes)
        {
            return PreambleStatus.Malformed;
        }

        if (bytes.Length < FixedSize + rest)
        {
            return PreambleStatus.Incomplete;
        }

        length = FixedSize + rest;
        ReadOnlySpan<byte> whole = bytes[..length];

        // LOCAL: the proxy asks whether the server is well. What it says of addresses is to be left alone.
        return bytes[12] == 0x20 ? PreambleStatus.Complete : ReadAddresses(whole, ref preamble);
    }

    private static PreambleStatus ReadAddresses(ReadOnlySpan<byte> whole, ref ProxyPreamble preamble)
    {
        ReadOnlySpan<byte> rest = whole[FixedSize..];

        // The family in the upper half, streams or datagrams in the lower.
        if (whole[13] == 0x00)
        {
            // Of no family: what is behind it and cannot be read is to be ignored (section 2.2).
            bool isRead = TryReadExtras(whole, FixedSize, out bool isSaid);
            preamble = new ProxyPreamble(null, null, isRead && isSaid);
            return PreambleStatus.Complete;
        }

        int size = whole[13] switch { 0x11 => 4, 0x21 => 16, 0x31 => 108, _ => -1 };
        int taken = (2 * size) + (size == 108 ? 0 : 4);
        if (size < 0 || rest.Length < taken || !TryReadExtras(whole, FixedSize + taken, out bool isTls))
        {
            return PreambleStatus.Malformed;
        }

        preamble = size is 4 or 16
            ? new ProxyPreamble(EndPointAt(rest, 0, size, 0), EndPointAt(rest, size, size, 2), isTls)
            : new ProxyPreamble(null, null, isTls);
        return PreambleStatus.Complete;
    }

    private static IPEndPoint EndPointAt(ReadOnlySpan<byte> block, int start, int size, int port) => new(
        AddressText.Unmapped(new IPAddress(block.Slice(start, size))), BinaryPrimitives.ReadUInt16BigEndian(block[((2 * size) + port)..]));

    // A type, a length of two bytes, and as many bytes (section 2.2 of the specification). Types that are not known are passed over.
    private static bool TryReadExtras(ReadOnlySpan<byte> whole, int start, out bool isTls)
    {
        isTls = false;
        for (int at = start; at < whole.Length;)
        {
            if (whole.Length - at < 3)
            {
                return false;
            }

            int size = BinaryPrimitives.ReadUInt16BigEndian(whole[(at + 1)..]);
            int type = whole[at];
            at += 3;
            if (size > whole.Length - at || (type == ChecksumType && (size != 4 || ChecksumWithout(whole, at) != BinaryPrimitives.ReadUInt32BigEndian(whole[at..]))))
            {
                return false;
            }

            isTls |= type == TlsType && size >= 5 && (whole[at] & 1) != 0;
            at += size;
        }

        return true;
    }

    // CRC-32C over all of it, with zeros in the place of the checksum.
    private static uint ChecksumWithout(ReadOnlySpan<byte> whole, int place)
    {
        uint checksum = uint.MaxValue;
        for (int i = 0; i < whole.Length; i++)
        {
            checksum = BitOperations.Crc32C(checksum, i >= place && i < place + 4 ? (byte)0 : whole[i]);
        }

        return ~checksum;
    }
}

/// <summary>How far a <see cref="ProxyPreamble"/> has come.</summary>
internal enum PreambleStatus
{
    /// <summary>More bytes decide.</summary>
    Incomplete,

    /// <summary>It is here.</summary>
    Complete,

    /// <summary>The connection begins with something else.</summary>
    Missing,

    /// <summary>It breaks the rules, or is of a version that is not spoken.</summary>
    Malformed,
}
