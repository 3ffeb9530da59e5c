using System.Buffers;
using System.Globalization;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Diagnostics;

/// <summary>How lines of the access log write what clients have sent: so that no client can forge a field, a line or a control sequence.</summary>
internal static class AccessText
{
    // What one field may take of a line: a target of 16 KiB is no use to a reader, and pushes others out.
    private const int MostOfField = 8 << 10;

    private static readonly SearchValues<char> Plain = SearchValues.Create(Printable().Replace("\"", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal));
    private static readonly SearchValues<char> JsonOdd = SearchValues.Create(
        "\"\\\x7f" + ControlText.Directions + string.Concat(Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x80, 0x20)).Select(static c => (char)c)));

    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>
    /// Text from outside as Apache's logs have it (ap_escape_logitem): quotation marks and backslashes with a backslash, line ends and tabs as \n, \r and
    /// \t, what else is no printable ASCII as \xHH, byte by byte.
    /// </summary>
    public static LineBuilder Escaped(this LineBuilder line, ReadOnlySpan<char> text)
    {
        int rest = text.Length - MostOfField;
        text = rest > 0 ? text[..MostOfField] : text;
        int odd = text.IndexOfAnyExcept(Plain);
        while (odd >= 0)
        {
            line.Raw(text[..odd]);
            int length = char.IsHighSurrogate(text[odd]) && odd + 1 < text.Length && char.IsLowSurrogate(text[odd + 1]) ? 2 : 1;
            Escape(line, text.Slice(odd, length));
            text = text[(odd + length)..];
            odd = text.IndexOfAnyExcept(Plain);
        }

        line.Raw(text);
        return rest > 0 ? line.Raw("..."u8) : line;
    }

    /// <summary>
    /// Text from outside in quotation marks as JSON has it (RFC 8259, section 7). Fields are bytes of which each is a character: where they are UTF-8 they
    /// are written as what they mean, else each is the character of Latin-1.
    /// </summary>
    public static LineBuilder Json(this LineBuilder line, ReadOnlySpan<char> text)
    {
        int rest = text.Length - MostOfField;
        text = rest > 0 ? text[..MostOfField] : text;
        line.Raw("\""u8);
        if (text.IndexOfAnyExcept(Plain) < 0)
        {
            line.Raw(text);
        }
        else
        {
            JsonSlow(line, text);
        }

        return line.Raw(rest > 0 ? "...\""u8 : "\""u8);
    }

    /// <summary>[29/Nov/2026:20:37:53 +0000], as Apache and nginx write it.</summary>
    public static LineBuilder CommonTime(this LineBuilder line, DateTimeOffset time)
    {
        int offset = (int)Math.Abs(time.TotalOffsetMinutes);
        line.Raw("["u8).Digits(time.Day, 2).Raw("/"u8).Raw(Months[time.Month - 1]).Raw("/"u8).Digits(time.Year, 4).Raw(":"u8).Digits(time.Hour, 2);
        line.Raw(":"u8).Digits(time.Minute, 2).Raw(":"u8).Digits(time.Second, 2).Raw(time.TotalOffsetMinutes < 0 ? " -"u8 : " +"u8);
        return line.Digits((offset / 60 * 100) + (offset % 60), 4).Raw("]"u8);
    }

    /// <summary>2026-11-29T20:37:53.123Z (RFC 3339), always in UTC.</summary>
    public static LineBuilder UtcTime(this LineBuilder line, DateTimeOffset time)
    {
        DateTime utc = time.UtcDateTime;
        line.Digits(utc.Year, 4).Raw("-"u8).Digits(utc.Month, 2).Raw("-"u8).Digits(utc.Day, 2).Raw("T"u8).Digits(utc.Hour, 2);
        return line.Raw(":"u8).Digits(utc.Minute, 2).Raw(":"u8).Digits(utc.Second, 2).Raw("."u8).Digits(utc.Millisecond, 3).Raw("Z"u8);
    }

    /// <summary>A number with so many digits behind its point, rounded.</summary>
    /// <param name="line">The line.</param>
    /// <param name="number">The number.</param>
    /// <param name="decimals">From 0 to 9.</param>
    public static LineBuilder Fixed(this LineBuilder line, double number, int decimals)
    {
        Span<char> text = stackalloc char[48];
        Span<char> format = ['F', (char)('0' + decimals)];
        return number.TryFormat(text, out int written, format, CultureInfo.InvariantCulture) ? line.Raw(text[..written]) : line.Raw("-"u8);
    }

    /// <summary>A number, with zeros in front.</summary>
    public static LineBuilder Digits(this LineBuilder line, int number, int count)
    {
        Span<byte> digits = stackalloc byte[count];
        for (int i = count - 1; i >= 0; i--)
        {
            digits[i] = (byte)('0' + (number % 10));
            number /= 10;
        }

        return line.Raw(digits);
    }

    private static void Escape(LineBuilder line, ReadOnlySpan<char> character)
    {
        switch (character[0])
        {
            case '"':
                line.Raw("\\\""u8);
                return;
            case '\\':
                line.Raw("\\\\"u8);
                return;
            case '\n':
                line.Raw("\\n"u8);
                return;
            case '\r':
                line.Raw("\\r"u8);
                return;
            case '\t':
                line.Raw("\\t"u8);
                return;
        }

        Span<byte> bytes = stackalloc byte[8];
        int count = 1;
        bytes[0] = (byte)character[0];
        if (character[0] > '\xff')
        {
            count = Encoding.UTF8.GetBytes(character, bytes);
        }

        foreach (byte one in bytes[..count])
        {
            line.Raw("\\x"u8).Raw(Hex(one >> 4)).Raw(Hex(one & 15));
        }
    }

    private static void JsonSlow(LineBuilder line, ReadOnlySpan<char> text)
    {
        // What is no text of bytes is text already.
        string meant = text.ToString();
        if (text.IndexOfAnyExceptInRange('\0', '\xff') < 0 && text.IndexOfAnyInRange('\x80', '\xff') >= 0)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(meant);
            meant = System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : meant;
        }

        ReadOnlySpan<char> rest = meant;
        for (int odd = rest.IndexOfAny(JsonOdd); odd >= 0; odd = rest.IndexOfAny(JsonOdd))
        {
            char c = rest[odd];
            line.Raw(rest[..odd]).Raw("\\"u8);
            if (c is '"' or '\\')
            {
                line.Raw([c]);
            }
            else
            {
                line.Raw("u"u8).Raw(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }

            rest = rest[(odd + 1)..];
        }

        line.Raw(rest);
    }

    private static ReadOnlySpan<byte> Hex(int digit) => "0123456789ABCDEF"u8.Slice(digit, 1);

    private static string Printable() => string.Concat(Enumerable.Range(0x20, 0x5f).Select(static c => (char)c));
}
