using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Diagnostics;

/// <summary>Puts a log line together as UTF-8. Each thread has one, so that a line costs no allocation. Not for several threads.</summary>
internal sealed class LineBuilder
{
    // A buffer that once held a huge traceback is not kept for ever.
    private const int KeptSize = 64 << 10;

    [ThreadStatic]
    private static LineBuilder? _current;

    private byte[] _bytes = new byte[512];
    private int _length;

    /// <summary>This thread's builder, empty.</summary>
    public static LineBuilder Rent()
    {
        LineBuilder builder = _current ??= new LineBuilder();
        if (builder._bytes.Length > KeptSize)
        {
            builder._bytes = new byte[512];
        }

        builder._length = 0;
        return builder;
    }

    /// <summary>What was appended.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Appends bytes as they are.</summary>
    public LineBuilder Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
        return this;
    }

    /// <summary>Appends text as it is.</summary>
    public LineBuilder Raw(ReadOnlySpan<char> text)
    {
        _length += Encoding.UTF8.GetBytes(text, Reserve(text.Length * 3));
        return this;
    }

    /// <summary>Appends a number.</summary>
    public LineBuilder Number(long number)
    {
        _ = number.TryFormat(Reserve(20), out int written);
        _length += written;
        return this;
    }

    /// <summary>Appends an address, IPv6 in brackets.</summary>
    public LineBuilder Address(IPAddress address)
    {
        bool isV6 = address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6;
        Raw(isV6 ? "["u8 : ""u8);

        // The longest: 39 characters, a percent sign and a scope of ten digits.
        IPAddress shown = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        _ = shown.TryFormat(Reserve(64), out int written);
        _length += written;
        return Raw(isV6 ? "]"u8 : ""u8);
    }

    /// <summary>Appends text from outside with its control characters escaped, and what <paramref name="also"/> names.</summary>
    public LineBuilder Safe(ReadOnlySpan<char> text, bool allowLines, ReadOnlySpan<char> also = default)
    {
        while (true)
        {
            int index = ControlText.IndexOfDangerous(text, allowLines);
            int other = also.IsEmpty ? -1 : (index < 0 ? text : text[..index]).IndexOfAny(also);
            index = other >= 0 ? other : index;
            if (index < 0)
            {
                return Raw(text);
            }

            Raw(text[..index]);

            // Windows' line ends are line ends.
            bool isLineEnd = allowLines && text[index] == '\r' && index + 1 < text.Length && text[index + 1] == '\n';
            if (!isLineEnd)
            {
                Raw(ControlText.EscapeOf(text[index]));
            }

            text = text[(index + 1)..];
        }
    }

    /// <summary>
    /// Appends a printed line with its control characters escaped. Colours (SGR, ECMA-48 8.3.117) are the only sequences that are let
    /// through, and are reset at its end; or they are left out.
    /// </summary>
    public LineBuilder Printed(ReadOnlySpan<char> text, bool keepColors)
    {
        bool isColored = false;
        while (AnsiColor.Find(text, out int start, out int length))
        {
            Safe(text[..start], allowLines: false);
            if (keepColors)
            {
                Raw(text.Slice(start, length));
                isColored = true;
            }

            text = text[(start + length)..];
        }

        Safe(text, allowLines: false);
        return isColored ? Raw("\e[0m"u8) : this;
    }

    /// <summary>Appends 2026-11-24 01:44:54.123 +0100: without its offset a time says little where clocks are compared, or set back.</summary>
    public LineBuilder Timestamp(DateTimeOffset time)
    {
        Span<byte> target = Reserve(29);
        Digits(target, 0, 4, time.Year);
        target[4] = (byte)'-';
        Digits(target, 5, 2, time.Month);
        target[7] = (byte)'-';
        Digits(target, 8, 2, time.Day);
        target[10] = (byte)' ';
        Digits(target, 11, 2, time.Hour);
        target[13] = (byte)':';
        Digits(target, 14, 2, time.Minute);
        target[16] = (byte)':';
        Digits(target, 17, 2, time.Second);
        target[19] = (byte)'.';
        Digits(target, 20, 3, time.Millisecond);
        target[23] = (byte)' ';
        int offset = (int)time.TotalOffsetMinutes;
        target[24] = offset < 0 ? (byte)'-' : (byte)'+';
        offset = Math.Abs(offset);
        Digits(target, 25, 4, (offset / 60 * 100) + (offset % 60));
        _length += 29;
        return this;
    }

    private static void Digits(Span<byte> target, int start, int count, int number)
    {
        for (int i = start + count - 1; i >= start; i--)
        {
            target[i] = (byte)('0' + (number % 10));
            number /= 10;
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (count > _bytes.Length - _length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }

        return _bytes.AsSpan(_length);
    }
}
