using System.Text;
using System.Text.RegularExpressions;

namespace Hydra.Files;

/// <summary>The rules of one .gitignore, as gitignore(5) has them. Immutable.</summary>
internal sealed class IgnoreRules
{
    private readonly List<(Regex Pattern, bool IsNegated, bool IsForDirectories)> _rules = [];

    /// <summary>Reads the lines of a file. A pattern that cannot be read is passed over.</summary>
    public IgnoreRules(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Add(line);
        }
    }

    /// <summary>Whether there is no rule.</summary>
    public bool IsEmpty => _rules.Count == 0;

    /// <summary>What the rules say of a path; the last that fits counts.</summary>
    /// <param name="path">The path from the directory of the file on, with slashes, none in front.</param>
    /// <param name="isDirectory">Whether it is a directory.</param>
    /// <returns>True: ignored; false: not, whatever rules further out say; null: nothing.</returns>
    public bool? Of(string path, bool isDirectory)
    {
        for (int i = _rules.Count - 1; i >= 0; i--)
        {
            (Regex pattern, bool isNegated, bool isForDirectories) = _rules[i];
            if ((isDirectory || !isForDirectories) && pattern.IsMatch(path))
            {
                return !isNegated;
            }
        }

        return null;
    }

    /// <summary>A pattern as an expression, for names at any depth where it has no slash but at its end.</summary>
    /// <returns>Null where it is none.</returns>
    public static Regex? Compile(string pattern)
    {
        bool isAnchored = pattern.TrimEnd('/').Contains('/', StringComparison.Ordinal);
        pattern = pattern.Trim('/');
        if (pattern.Length == 0)
        {
            return null;
        }

        var text = new StringBuilder(isAnchored ? "^" : "(^|/)");
        for (int i = 0; i < pattern.Length; i++)
        {
            i += Append(text, pattern, i);
        }

        try
        {
            // Interpreted, and never backtracking without end: an executable that is compiled ahead of time has nothing else.
            return new Regex(text.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // What stands at a place of the pattern; returns how many characters it has beyond one.
    private static int Append(StringBuilder text, string pattern, int i)
    {
        char c = pattern[i];
        if (c == '*' && pattern.AsSpan(i).StartsWith("**/"))
        {
            text.Append("(.*/)?");
            return 2;
        }

        if (c == '*' && pattern.AsSpan(i).StartsWith("**"))
        {
            text.Append(".*");
            return 1;
        }

        if (c == '\\' && i + 1 < pattern.Length)
        {
            text.Append(Regex.Escape(pattern[i + 1].ToString()));
            return 1;
        }

        int end = c == '[' ? pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)) : -1;
        if (end > 0)
        {
            string set = pattern[(i + 1)..end].Replace("\\", "\\\\", StringComparison.Ordinal);
            text.Append('[').Append(set[0] == '!' ? "^" + set[1..] : set).Append(']');
            return end - i;
        }

        text.Append(c switch { '*' => "[^/]*", '?' => "[^/]", _ => Regex.Escape(c.ToString()) });
        return 0;
    }

    private void Add(string line)
    {
        line = line.TrimEnd('\r', '\n');
        if (line.Length == 0 || line[0] == '#')
        {
            return;
        }

        line = line.EndsWith("\\ ", StringComparison.Ordinal) ? line : line.TrimEnd(' ');
        bool isNegated = line.StartsWith('!');
        line = isNegated ? line[1..] : line;
        if (Compile(line) is { } pattern)
        {
            _rules.Add((pattern, isNegated, line.EndsWith('/')));
        }
    }
}
