namespace Hydra.Diagnostics;

/// <summary>Requests that have no line in the access log: those with a path, or with a status.</summary>
internal sealed class AccessSkip
{
    private readonly string? _path;
    private readonly int _lowest;
    private readonly int _highest;

    private AccessSkip(string? path, int lowest, int highest)
    {
        _path = path;
        _lowest = lowest;
        _highest = highest;
    }

    /// <summary>Reads a pattern: a path, in which a star is any text, or a status such as 304 or 3xx.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="skip">What it means.</param>
    /// <returns>Null, or what is wrong: the rest of a sentence that begins with the option.</returns>
    public static string? TryRead(string text, out AccessSkip skip)
    {
        text = text.Trim();
        skip = new AccessSkip(text, 0, 0);
        if (text.StartsWith('/') || text.StartsWith('*'))
        {
            return null;
        }

        int digits = text.Length == 3 ? text.AsSpan().IndexOfAnyExceptInRange('0', '9') : 0;
        bool isClass = digits == 1 && text[1..].Equals("xx", StringComparison.OrdinalIgnoreCase);
        if ((digits >= 0 && !isClass) || text[0] == '0')
        {
            return $"\"{text}\" is neither a path such as /health or /static/* nor a status such as 304 or 3xx.";
        }

        int lowest = isClass ? (text[0] - '0') * 100 : int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        skip = new AccessSkip(null, lowest, isClass ? lowest + 99 : lowest);
        return null;
    }

    /// <summary>Whether a request with this path and status is meant.</summary>
    public bool Takes(ReadOnlySpan<char> path, int status)
        => _path is null ? status >= _lowest && status <= _highest : Matches(_path, path);

    // Greedy, with one place to come back to: linear but for the patterns of somebody who has the command line.
    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0;
        int star = -1;
        int mark = 0;
        int t = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && pattern[p] == text[t])
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }
}
