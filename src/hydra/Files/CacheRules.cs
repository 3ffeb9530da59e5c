using System.IO.Enumeration;

namespace Hydra.Files;

/// <summary>How long clients may keep files: the value of Cache-Control. Immutable.</summary>
/// <param name="rules">
/// Patterns with * and ?, and values; the first that fits counts. A pattern without a slash is for names, one with a slash for paths below
/// the root.
/// </param>
/// <param name="otherwise">The value of files that no pattern is for and whose names have no hash.</param>
internal sealed class CacheRules(IReadOnlyList<KeyValuePair<string, string>> rules, string otherwise)
{
    /// <summary>Of files whose names change with their content: a year, which is for ever, without asking again (RFC 8246).</summary>
    public const string Immutable = "public, max-age=31536000, immutable";

    /// <summary>The client asks each time, and mostly hears that it has it.</summary>
    public const string Ask = "no-cache";

    /// <summary>The value for a file.</summary>
    /// <param name="path">Its path below the root, with slashes and none in front.</param>
    /// <param name="manifest">The names of Django's manifest, or null where there is none.</param>
    public string Of(string path, IReadOnlySet<string>? manifest)
    {
        foreach ((string pattern, string value) in rules)
        {
            ReadOnlySpan<char> subject = pattern.Contains('/', StringComparison.Ordinal) ? path : path.AsSpan(path.LastIndexOf('/') + 1);
            if (FileSystemName.MatchesSimpleExpression(pattern.TrimStart('/'), subject, ignoreCase: false))
            {
                return value;
            }
        }

        return (manifest is null ? HashedNames.IsHashed(path) : manifest.Contains(path)) ? Immutable : otherwise;
    }
}
