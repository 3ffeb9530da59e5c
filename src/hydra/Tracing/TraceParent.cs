using System.Buffers;
using System.Globalization;

namespace Hydra.Tracing;

/// <summary>A place in a trace, as the field traceparent has it (W3C Trace Context, section 3.2): 00-TRACE-PARENT-FLAGS.</summary>
/// <param name="High">The first half of the trace's id. Both halves are not 0 together.</param>
/// <param name="Low">Its second half.</param>
/// <param name="Span">The id of the span that is the parent of what comes next; not 0.</param>
/// <param name="Flags">8 bits: <see cref="Sampled"/>, <see cref="RandomId"/>.</param>
internal readonly record struct TraceParent(ulong High, ulong Low, ulong Span, byte Flags)
{
    /// <summary>The flag of what is recorded.</summary>
    public const byte Sampled = 1;

    /// <summary>The flag of a trace whose id is random in its last seven bytes (Trace Context Level 2, section 3.2.2.5).</summary>
    public const byte RandomId = 2;

    /// <summary>Characters of the field.</summary>
    public const int Length = 55;

    /// <summary>Where the id of the span begins in the field: 16 characters.</summary>
    public const int SpanAt = 36;

    private const int TraceAt = 3;
    private const int FlagsAt = 53;

    // Upper case is not allowed (section 3.2.2.3).
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether it is recorded.</summary>
    public bool IsSampled => (Flags & Sampled) != 0;

    /// <summary>Reads the value of a field. Of a later version what this one has is read (section 4.3).</summary>
    /// <returns>False where it is none: the trace begins anew then.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out TraceParent parent)
    {
        parent = default;
        if (text.Length < Length || text[TraceAt - 1] != '-' || text[SpanAt - 1] != '-' || text[FlagsAt - 1] != '-')
        {
            return false;
        }

        bool isFirst = text[..2].SequenceEqual("00");
        if (!TryHex(text[..2], out ulong version) || version == 0xff || (text.Length > Length && (isFirst || text[Length] != '-')))
        {
            return false;
        }

        if (!TryHex(text.Slice(TraceAt, 16), out ulong high) || !TryHex(text.Slice(TraceAt + 16, 16), out ulong low) || !TryHex(text.Slice(SpanAt, 16), out ulong span)
            || !TryHex(text.Slice(FlagsAt, 2), out ulong flags) || (high | low) == 0 || span == 0)
        {
            return false;
        }

        // What other flags mean is not known, and they are not passed on; of a later version the first alone is (section 4.3).
        parent = new TraceParent(high, low, span, (byte)((byte)flags & (isFirst ? Sampled | RandomId : Sampled)));
        return true;
    }

    /// <summary>Writes the value of the field, of version 00.</summary>
    /// <param name="target">Has room for <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> target)
    {
        "00-"u8.CopyTo(target);
        WriteHex(High, target[TraceAt..]);
        WriteHex(Low, target[(TraceAt + 16)..]);
        target[SpanAt - 1] = (byte)'-';
        WriteHex(Span, target[SpanAt..]);
        target[FlagsAt - 1] = (byte)'-';
        target[FlagsAt] = (byte)'0';
        target[FlagsAt + 1] = (byte)('0' + Flags);
    }

    /// <summary>Writes an id of 8 bytes as 16 digits.</summary>
    public static void WriteHex(ulong id, Span<byte> target)
    {
        for (int i = 15; i >= 0; i--)
        {
            int digit = (int)(id & 0xf);
            target[i] = (byte)(digit < 10 ? '0' + digit : 'a' - 10 + digit);
            id >>= 4;
        }
    }

    /// <summary>The id of the trace: 32 digits.</summary>
    public string TraceText => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");

    /// <summary>A new id of 8 bytes, at random and not 0.</summary>
    public static ulong NewId()
    {
        ulong id;
        do
        {
            id = (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);
        }
        while (id == 0);

        return id;
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong number)
    {
        number = 0;
        return !text.ContainsAnyExcept(LowerHex) && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }
}
