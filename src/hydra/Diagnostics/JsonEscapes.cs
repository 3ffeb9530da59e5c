using System.Buffers;
using System.Globalization;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Diagnostics;

/// <summary>
/// Lines of JSON as they may be shown: what changes the direction of text, and the control characters that JSON lets pass (DEL and C1, RFC 8259, section 7), are
/// written as escapes. They stand in strings alone, so the line means the same.
/// </summary>
internal static class JsonEscapes
{
    // The first bytes of those that have more than one, and DEL.
    private static readonly SearchValues<byte> Suspects = SearchValues.Create([0x7f, 0xc2, 0xe2]);

    /// <summary>The line with those characters escaped.</summary>
    /// <param name="line">UTF-8, with its end.</param>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> line)
    {
        if (line.IndexOfAny(Suspects) < 0)
        {
            return line;
        }

        string text = Encoding.UTF8.GetString(line);
        var result = new StringBuilder(text.Length + 32);
        foreach (char c in text)
        {
            // All of C0 is escaped but the line's own end.
            bool isDangerous = c >= 0x7f && (c < 0xa0 || ControlText.Directions.Contains(c, StringComparison.Ordinal));
            _ = isDangerous ? result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : result.Append(c);
        }

        return Encoding.UTF8.GetBytes(result.ToString());
    }
}
