using System.Text;

namespace Hydra.Http;

/// <summary>
/// Makes the header block of the link protocol from the bytes of a head that Kestrel has accepted. What differs in any way from what it
/// should then look like is refused, and the caller takes Kestrel's own view of it.
/// </summary>
internal static class RequestHead
{
    // "HTTP/1.1" and the end of the line.
    private const int VersionLength = 8;

    /// <summary>Where the header lines begin, or -1 when the bytes do not begin with this request line.</summary>
    /// <param name="head">The head.</param>
    /// <param name="methodLength">How long the method is.</param>
    /// <param name="targetLength">
    /// How long the target is, as the client sent it. The line is measured, not searched for its end: Kestrel decodes a path in
    /// place, and a decoded path may have line ends of its own.
    /// </param>
    public static int SkipRequestLine(ReadOnlySpan<byte> head, int methodLength, int targetLength)
    {
        int version = methodLength + targetLength + 2;
        int end = version + VersionLength;
        return head.Length >= end + 4 && head[methodLength] == ' ' && head[version - 1] == ' '
            && head[version..].StartsWith("HTTP/1."u8) && head[end] == '\r' && head[end + 1] == '\n' ? end + 2 : -1;
    }

    /// <summary>Writes lower-case names and values, each with a NUL behind it.</summary>
    /// <param name="lines">The header lines with their ends, and the empty line behind them.</param>
    /// <param name="target">Has room for as many bytes as there are in the lines.</param>
    /// <param name="length">What the lines say about the body.</param>
    /// <returns>How many bytes were written, or -1 when a line is not as it should be.</returns>
    public static int WriteBlock(ReadOnlySpan<byte> lines, Span<byte> target, out LengthHeader length)
    {
        length = LengthHeader.None;
        int count = 0;
        if (lines.Contains((byte)0))
        {
            return -1;
        }

        while (true)
        {
            int end = lines.IndexOf((byte)'\n');
            if (end < 1 || lines[end - 1] != '\r')
            {
                return -1;
            }

            if (end == 1)
            {
                return lines.Length == 2 ? count : -1;
            }

            ReadOnlySpan<byte> line = lines[..(end - 1)];
            int colon = line.IndexOf((byte)':');
            if (colon < 1)
            {
                return -1;
            }

            Ascii.ToLower(line[..colon], target[count..], out int written);
            if (written != colon)
            {
                return -1;
            }

            ReadOnlySpan<byte> name = target.Slice(count, colon);
            ReadOnlySpan<byte> value = Trim(line[(colon + 1)..]);
            count += colon;
            target[count++] = 0;
            value.CopyTo(target[count..]);
            count += value.Length;
            target[count++] = 0;
            if (colon == 14 && name.SequenceEqual("content-length"u8))
            {
                bool isBad = value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9');
                length = isBad || length is LengthHeader.Bad ? LengthHeader.Bad : LengthHeader.Good;
            }

            lines = lines[(end + 1)..];
        }
    }

    // RFC 9112, section 5: optional white space on both sides of a value is no part of it.
    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);
}

/// <summary>Whether a head has a Content-Length.</summary>
internal enum LengthHeader
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>It has one, of digits alone.</summary>
    Good,

    /// <summary>It has one with something else in it (RFC 9110, section 8.6).</summary>
    Bad,
}
