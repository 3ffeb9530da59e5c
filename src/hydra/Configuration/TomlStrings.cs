using System.Globalization;
using System.Text;

namespace Hydra.Configuration;

/// <summary>The strings of TOML 1.0. Each is read from its first quotation mark on.</summary>
internal static class TomlStrings
{
    /// <summary>"…", with escapes.</summary>
    public static string Basic(TomlText text)
    {
        text.Next();
        var result = new StringBuilder();
        while (!text.Take('"'))
        {
            if (text.Current == '\\')
            {
                Escape(text, result);
            }
            else
            {
                result.Append(Character(text));
            }
        }

        return result.ToString();
    }

    /// <summary>'…', without.</summary>
    public static string Literal(TomlText text)
    {
        text.Next();
        var result = new StringBuilder();
        while (!text.Take('\''))
        {
            result.Append(Character(text));
        }

        return result.ToString();
    }

    /// <summary>"""…""", of several lines.</summary>
    public static string LongBasic(TomlText text) => Long(text, '"');

    /// <summary>'''…''', of several lines.</summary>
    public static string LongLiteral(TomlText text) => Long(text, '\'');

    private static string Long(TomlText text, char mark)
    {
        string end = new(mark, 3);
        Skip(text, 3);
        text.LineEnd();
        var result = new StringBuilder();
        while (true)
        {
            if (text.IsAt(end))
            {
                // One or two more may stand in front of the end.
                Skip(text, 3);
                for (int more = 0; more < 2 && text.Take(mark); more++)
                {
                    result.Append(mark);
                }

                return result.ToString();
            }

            if (text.LineEnd())
            {
                result.Append('\n');
            }
            else if (mark == '"' && text.Current == '\\')
            {
                Continue(text, result);
            }
            else
            {
                result.Append(Character(text));
            }
        }
    }

    // A backslash at the end of a line: what is blank is left out.
    private static void Continue(TomlText text, StringBuilder result)
    {
        if (!EndsLine(text))
        {
            Escape(text, result);
            return;
        }

        text.Next();
        text.SkipBlanks();
        while (text.LineEnd())
        {
            text.SkipBlanks();
        }
    }

    private static bool EndsLine(TomlText text)
    {
        for (int i = 1; ; i++)
        {
            char c = text.Ahead(i);
            if (c is not (' ' or '\t'))
            {
                return c == '\n' || (c == '\r' && text.Ahead(i + 1) == '\n');
            }
        }
    }

    private static void Escape(TomlText text, StringBuilder result)
    {
        text.Next();
        char c = text.Next();
        char? plain = c switch
        {
            'b' => '\b',
            't' => '\t',
            'n' => '\n',
            'f' => '\f',
            'r' => '\r',
            '"' => '"',
            '\\' => '\\',
            _ => null,
        };
        if (plain is { } one)
        {
            result.Append(one);
            return;
        }

        int digits = c == 'u' ? 4 : c == 'U' ? 8 : throw text.Wrong($"\\{c} is no escape of TOML; in '…' a backslash is one");
        string hex = string.Concat(Enumerable.Range(0, digits).Select(_ => text.Next()));
        if (!hex.All(char.IsAsciiHexDigit) || !Rune.TryCreate(uint.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture), out Rune rune))
        {
            throw text.Wrong($"\\{c}{hex} is no character");
        }

        result.Append(rune.ToString());
    }

    private static char Character(TomlText text)
    {
        char c = text.Current;
        if (c is '\n' or '\r' && !text.IsAtEnd)
        {
            throw text.Wrong("a string ends in another line than it begins; three quotation marks take several");
        }

        return TomlText.IsControl(c) && !text.IsAtEnd ? throw text.Wrong("a string has a control character") : text.Next();
    }

    private static void Skip(TomlText text, int count)
    {
        for (int i = 0; i < count; i++)
        {
            text.Next();
        }
    }
}
