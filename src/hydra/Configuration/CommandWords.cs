using System.Text;

namespace Hydra.Configuration;

/// <summary>
/// Splits a command as a POSIX shell does (XCU 2.2, "Quoting", and 2.3), and writes one that a shell would split so. There is no shell: nothing is
/// expanded, and operators such as "|" and ";" have to be in quotes.
/// </summary>
internal static class CommandWords
{
    /// <summary>Splits a command.</summary>
    /// <param name="text">The command.</param>
    /// <param name="words">Its words, as far as it is right.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Split(string text, out IReadOnlyList<string> words)
    {
        var found = new List<string>();
        words = found;
        StringBuilder? word = null;
        int i = 0;
        while (i < text.Length)
        {
            char c = text[i++];
            switch (c)
            {
                case ' ' or '\t' or '\n' or '\r':
                    Finish(ref word, found);
                    break;
                case '\'':
                    int end = text.IndexOf('\'', i);
                    if (end < 0)
                    {
                        return Unbalanced(text, '\'');
                    }

                    (word ??= new StringBuilder()).Append(text, i, end - i);
                    i = end + 1;
                    break;
                case '"':
                    if (!Quoted(text, ref i, word ??= new StringBuilder()))
                    {
                        return Unbalanced(text, '"');
                    }

                    break;
                case '\\':
                    if (i == text.Length)
                    {
                        return $"\"{text}\" ends with a backslash that quotes nothing.";
                    }

                    // A line that goes on has no newline.
                    word = text[i] == '\n' ? word : (word ?? new StringBuilder()).Append(text[i]);
                    i++;
                    break;
                case '|' or '&' or ';' or '<' or '>' or '`':
                    return $"\"{text}\" has a {c}, which means something to a shell, and none is run: put it in quotes, or name the shell: sh -c '…'.";
                default:
                    (word ??= new StringBuilder()).Append(c);
                    break;
            }
        }

        Finish(ref word, found);
        return null;
    }

    /// <summary>A command that is split into these words.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    // Behind the opening quote; false where there is no closing one. A backslash quotes these alone (XCU 2.2.3), as nothing is expanded also "$".
    private static bool Quoted(string text, ref int i, StringBuilder word)
    {
        while (i < text.Length)
        {
            char c = text[i++];
            if (c == '"')
            {
                return true;
            }

            if (c == '\\' && i < text.Length && (text[i] is '$' or '`' or '"' or '\\' or '\n'))
            {
                c = text[i++];
                if (c == '\n')
                {
                    continue;
                }
            }

            word.Append(c);
        }

        return false;
    }

    private static string Unbalanced(string text, char quote) => $"\"{text}\" has a quote ({quote}) that is not closed.";

    private static void Finish(ref StringBuilder? word, List<string> found)
    {
        if (word is not null)
        {
            found.Add(word.ToString());
            word = null;
        }
    }

    private static string Quote(string word)
        => word.Length > 0 && word.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '@' or '%' or '+' or '=' or ':' or ',' or '.' or '/' or '-' or '$' or '{' or '}')
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
