using System.Text;

namespace Hydra.Configuration;

/// <summary>A command in one text, taken apart as a POSIX shell does it, without a shell: nothing is expanded, and nothing but words is meant.</summary>
internal static class CommandWords
{
    // What quotes are for: unquoted they mean something to a shell, which nobody runs here (XCU 2.2, "Quoting").
    private const string Operators = "|&;<>()$`";

    // Behind a backslash within double quotes; before any other character it stands for itself (XCU 2.2.3).
    private const string Escapable = "$`\"\\";

    /// <summary>Takes words apart at blanks; quotes and backslashes are as in XCU 2.2.</summary>
    /// <param name="text">The command.</param>
    /// <param name="problem">Null, or what is wrong with it: a sentence for the user.</param>
    /// <returns>The words; none where there is a problem.</returns>
    public static IReadOnlyList<string> Split(string text, out string? problem)
    {
        List<string> words = [];
        var word = new StringBuilder();
        bool isWord = false;
        problem = text.Contains('\0', StringComparison.Ordinal) ? "a command has no NUL in it." : null;
        for (int at = 0; problem is null && at < text.Length; at++)
        {
            char c = text[at];
            if (c is ' ' or '\t' or '\n' or '\r')
            {
                if (isWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                }

                isWord = false;
                continue;
            }

            // A line that goes on.
            if (c is '\\' && at + 1 < text.Length && text[at + 1] == '\n')
            {
                at++;
                continue;
            }

            isWord = true;
            problem = c switch
            {
                '\'' => TakeSingle(text, ref at, word),
                '"' => TakeDouble(text, ref at, word),
                '\\' => TakeEscaped(text, ref at, word),
                _ when Operators.Contains(c, StringComparison.Ordinal) =>
                    $"\"{c}\" means something to a shell, and none is run: put it in quotes, or name the shell: sh -c '…'.",
                _ => Take(c, word),
            };
        }

        if (isWord)
        {
            words.Add(word.ToString());
        }

        problem ??= words.Count == 0 || words[0].Length == 0 ? "there is no program in it." : null;
        return problem is null ? words : [];
    }

    private static string? Take(char c, StringBuilder word)
    {
        word.Append(c);
        return null;
    }

    private static string? TakeSingle(string text, ref int at, StringBuilder word)
    {
        int end = text.IndexOf('\'', at + 1);
        if (end < 0)
        {
            return "a quote \"'\" is not closed.";
        }

        word.Append(text, at + 1, end - at - 1);
        at = end;
        return null;
    }

    private static string? TakeDouble(string text, ref int at, StringBuilder word)
    {
        for (at++; at < text.Length; at++)
        {
            char c = text[at];
            if (c is '"')
            {
                return null;
            }

            if (c is '\\' && at + 1 < text.Length && text[at + 1] == '\n')
            {
                at++;
                continue;
            }

            if (c is '\\' && at + 1 < text.Length && Escapable.Contains(text[at + 1], StringComparison.Ordinal))
            {
                c = text[++at];
            }
            else if (c is '$' or '`')
            {
                return $"\"{c}\" means something to a shell, and none is run: put it in single quotes, or name the shell: sh -c '…'.";
            }

            word.Append(c);
        }

        return "a quote '\"' is not closed.";
    }

    private static string? TakeEscaped(string text, ref int at, StringBuilder word)
    {
        if (++at == text.Length)
        {
            return "there is nothing behind the last backslash.";
        }

        word.Append(text[at]);
        return null;
    }
}
