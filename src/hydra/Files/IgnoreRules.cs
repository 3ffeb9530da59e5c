namespace Hydra.Files;

/// <summary>The rules of one .gitignore, as gitignore(5) has them. Immutable.</summary>
internal sealed class IgnoreRules
{
    private readonly List<(GlobPattern Pattern, bool IsNegated, bool IsForDirectories)> _rules = [];

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
            (GlobPattern pattern, bool isNegated, bool isForDirectories) = _rules[i];
            if ((isDirectory || !isForDirectories) && pattern.Fits(path))
            {
                return !isNegated;
            }
        }

        return null;
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
        if (GlobPattern.Of(line) is { } pattern)
        {
            _rules.Add((pattern, isNegated, line.EndsWith('/')));
        }
    }
}
