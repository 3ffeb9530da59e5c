using System.Globalization;

namespace Hydra.Files;

/// <summary>A part of a representation.</summary>
/// <param name="Start">Its first byte, from 0.</param>
/// <param name="Length">How many bytes; at least one.</param>
internal readonly record struct BytePart(long Start, long Length)
{
    /// <summary>The byte behind its last one.</summary>
    public long End => Start + Length;
}

/// <summary>Reads the field Range (RFC 9110, section 14).</summary>
internal static class ByteRanges
{
    // As many as readers of documents ask for at a time. Section 14.2 lets a server ignore what is more likely an attack.
    private const int Most = 16;

    // What a part of a multipart answer costs beside its bytes: two with less between them are one (section 15.3.7.2).
    private const int Overhead = 96;

    /// <summary>Which parts are asked for.</summary>
    /// <param name="text">The field's value.</param>
    /// <param name="size">The size of the representation.</param>
    /// <returns>
    /// Null where the field is to be ignored: it is of another unit, breaks the grammar, or asks for too much. None where no part of it is
    /// there (416).
    /// </returns>
    public static IReadOnlyList<BytePart>? Read(string text, long size)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !text.AsSpan(0, equals).Trim().Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        List<BytePart> parts = [];
        int count = 0;
        foreach (Range range in text.AsSpan(equals + 1).Split(','))
        {
            ReadOnlySpan<char> spec = text.AsSpan(equals + 1)[range].Trim(" \t");

            // Lists may have empty elements (section 5.6.1).
            if (spec.IsEmpty)
            {
                continue;
            }

            if (++count > Most || !TryReadOne(spec, size, out BytePart? part))
            {
                return null;
            }

            if (part is { } there)
            {
                parts.Add(there);
            }
        }

        return count == 0 ? null : Joined(parts);
    }

    // Null where it is not satisfiable.
    private static bool TryReadOne(ReadOnlySpan<char> spec, long size, out BytePart? part)
    {
        part = null;
        int dash = spec.IndexOf('-');
        if (dash < 0)
        {
            return false;
        }

        ReadOnlySpan<char> first = spec[..dash];
        ReadOnlySpan<char> last = spec[(dash + 1)..];
        if (first.IsEmpty)
        {
            if (!TryReadNumber(last, out long suffix))
            {
                return false;
            }

            long length = Math.Min(suffix, size);
            part = length > 0 ? new BytePart(size - length, length) : null;
            return true;
        }

        long end = long.MaxValue;
        if (!TryReadNumber(first, out long start) || (!last.IsEmpty && !TryReadNumber(last, out end)) || end < start)
        {
            return false;
        }

        part = start < size ? new BytePart(start, Math.Min(end, size - 1) - start + 1) : null;
        return true;
    }

    // A number of more digits than fit is larger than any file.
    private static bool TryReadNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            number = long.MaxValue;
        }

        return true;
    }

    // Overlapping ones would have a small request get many times the file. In the order in which they were asked for where none do.
    private static List<BytePart> Joined(List<BytePart> parts)
    {
        if (parts.Count < 2)
        {
            return parts;
        }

        BytePart[] sorted = [.. parts.OrderBy(static part => part.Start)];
        List<BytePart> joined = [sorted[0]];
        foreach (BytePart part in sorted.Skip(1))
        {
            BytePart last = joined[^1];
            if (part.Start <= last.End + Overhead)
            {
                joined[^1] = last with { Length = Math.Max(last.End, part.End) - last.Start };
            }
            else
            {
                joined.Add(part);
            }
        }

        return joined.Count == parts.Count ? parts : joined;
    }
}
