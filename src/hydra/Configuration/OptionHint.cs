using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Which option somebody meant who has written one that there is not.</summary>
internal static class OptionHint
{
    // More than these are no hint.
    private const int Most = 3;

    /// <summary>
    /// Those whose words have all that is written among them, as --ws-ping-timeout has those of --ping-timeout: who knows the option from another
    /// server has left out a word, or the server's. Where there are none, or many, the one that is written alike.
    /// </summary>
    /// <param name="written">What was written, with dashes or without as the names are.</param>
    /// <param name="names">The options that there are.</param>
    /// <returns>One, or up to three with an "or" between them; null where nothing is near.</returns>
    public static string? For(string written, IEnumerable<string> names)
    {
        string[] all = [.. names.Distinct()];
        string words = WordsOf(written);
        if (Array.Find(all, name => WordsOf(name) == words) is { } same)
        {
            return same;
        }

        string[] holding = Holding(words, all);
        return holding.Length switch
        {
            0 or > Most => EditDistance.Nearest(written, all),
            1 => holding[0],
            _ => string.Join(", ", holding[..^1]) + " or " + holding[^1],
        };
    }

    private static string[] Holding(string words, string[] names)
        => words.Length < "-ab-".Length ? [] : [.. names.Where(name => WordsOf(name) is var own && own.Contains(words, StringComparison.Ordinal)
            && (!own.StartsWith("-no-", StringComparison.Ordinal) || words.StartsWith("-no-", StringComparison.Ordinal)))];

    // A dash at both ends, so that words are found as a whole.
    private static string WordsOf(string name) => $"-{name.Trim('-').Replace('_', '-').ToLowerInvariant()}-";
}
