using System.Buffers;
using System.Text;

namespace Hydra.Primitives;

/// <summary>
/// Makes text from outside harmless to a terminal and to whoever reads a log line by line: control characters and the characters that
/// change the direction of text are written as escapes.
/// </summary>
internal static class ControlText
{
    /// <summary>Characters that change the direction of text, or end lines beside the controls: of a log they would show something else than it has.</summary>
    public const string Directions = "\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";

    private static readonly SearchValues<char> Dangerous = SearchValues.Create(Controls() + Directions);
    private static readonly SearchValues<char> DangerousInText = SearchValues.Create(
        Controls().Replace("\n", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal) + Directions);

    /// <summary>Where the first character stands that needs an escape, or -1.</summary>
    public static int IndexOfDangerous(ReadOnlySpan<char> text, bool allowLines = false)
        => text.IndexOfAny(allowLines ? DangerousInText : Dangerous);

    /// <summary>The text with its dangerous characters escaped; newline and tab too unless <paramref name="allowLines"/>.</summary>
    public static string Escape(string text, bool allowLines = false)
    {
        int index = IndexOfDangerous(text, allowLines);
        return index < 0 ? text : EscapeSlow(text, index, allowLines);
    }

    /// <summary>The escape of one character, such as \x1b or \u202e.</summary>
    public static string EscapeOf(char character) => character switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < (char)0x100 => $"\\x{(int)character:x2}",
        _ => $"\\u{(int)character:x4}",
    };

    private static string EscapeSlow(string text, int index, bool allowLines)
    {
        var result = new StringBuilder(text.Length + 16);
        ReadOnlySpan<char> rest = text;
        while (index >= 0)
        {
            result.Append(rest[..index]).Append(EscapeOf(rest[index]));
            rest = rest[(index + 1)..];
            index = IndexOfDangerous(rest, allowLines);
        }

        return result.Append(rest).ToString();
    }

    private static string Controls()
    {
        // C0, DEL and C1.
        var all = new StringBuilder();
        for (int c = 0; c <= 0x9f; c++)
        {
            if (c is < 0x20 or >= 0x7f)
            {
                all.Append((char)c);
            }
        }

        return all.ToString();
    }
}
