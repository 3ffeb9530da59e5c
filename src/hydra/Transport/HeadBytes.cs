using System.Buffers;

namespace Hydra.Transport;

/// <summary>Which bytes may stand where in a head (RFC 9110, section 5; RFC 9112, sections 2.2 to 5).</summary>
internal static class HeadBytes
{
    /// <summary>Bytes of a token: a method, the name of a field (RFC 9110, section 5.6.2).</summary>
    public static readonly SearchValues<byte> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>
    /// Bytes of a request target: what is visible in ASCII, but for the sign of a fragment, which is for the client alone. Browsers and tools
    /// send quotes, braces and the like unescaped, which RFC 3986 does not have, and no server minds.
    /// </summary>
    public static readonly SearchValues<byte> Target = SearchValues.Create(Where(static b => b is > 0x20 and < 0x7f and not (byte)'#'));

    /// <summary>Control bytes that are neither a tab nor of the end of a line.</summary>
    public static readonly SearchValues<byte> Controls = SearchValues.Create(
        Where(static b => b is (< 0x20 and not (byte)'\t' and not (byte)'\r' and not (byte)'\n') or 0x7f));

    // For each byte of a token the same in lower case, and 0 for all others. The upper half is not ASCII.
    private static ReadOnlySpan<byte> LowerToken =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 33, 0, 35, 36, 37, 38, 39, 0, 0, 42, 43, 0, 45, 46, 0,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 0, 0, 0, 0, 0, 0,
        0, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
        112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 0, 0, 0, 94, 95,
        96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
        112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 0, 124, 0, 126, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>
    /// Copies the token at the start of a line in lower case: names are short, and one walk over a name costs less than to search for its
    /// end, to check it and to change its case.
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="target">As long as the line.</param>
    /// <returns>How long the token is.</returns>
    public static int CopyToken(ReadOnlySpan<byte> line, Span<byte> target)
    {
        ReadOnlySpan<byte> table = LowerToken;
        int i = 0;
        for (; i < line.Length && i < target.Length; i++)
        {
            byte lower = table[line[i]];
            if (lower == 0)
            {
                break;
            }

            target[i] = lower;
        }

        return i;
    }

    /// <summary>Without white space on both sides, which is no part of a value (RFC 9112, section 5.1).</summary>
    public static Span<byte> Trim(Span<byte> value)
    {
        int start = 0;
        int end = value.Length;
        while (start < end && value[start] is (byte)' ' or (byte)'\t')
        {
            start++;
        }

        while (end > start && value[end - 1] is (byte)' ' or (byte)'\t')
        {
            end--;
        }

        return value[start..end];
    }

    /// <summary>A number of digits alone (RFC 9110, section 8.6).</summary>
    /// <returns>Whether it is one that 63 bits hold.</returns>
    public static bool TryReadLength(ReadOnlySpan<byte> digits, out long length)
    {
        length = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit) || length > (long.MaxValue - (digit - '0')) / 10)
            {
                return false;
            }

            length = (length * 10) + (digit - '0');
        }

        return digits.Length > 0;
    }

    private static byte[] Where(Func<byte, bool> isIn) => [.. Enumerable.Range(0, 256).Select(static b => (byte)b).Where(isIn)];
}
