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

    /// <summary>
    /// Where the search through a line stops: control bytes but for the tab. In a line that is as it should be the first of them is the CR of
    /// its end, so that one search finds the end and everything that must not be before it.
    /// </summary>
    public static readonly SearchValues<byte> Stops = SearchValues.Create(Where(static b => b is (< 0x20 and not (byte)'\t') or 0x7f));

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
