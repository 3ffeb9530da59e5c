namespace Hydra.Primitives;

/// <summary>Finds what somebody meant to write.</summary>
internal static class EditDistance
{
    // Longer input is no slip of the fingers, and the tables below stay on the stack.
    private const int MaximumLength = 64;

    /// <summary>The candidate that is nearest to <paramref name="written"/>, or null when none is near enough to be meant.</summary>
    public static string? Nearest(string written, IEnumerable<string> candidates)
    {
        if (written.Length is 0 or > MaximumLength)
        {
            return null;
        }

        string? nearest = null;
        int best = int.MaxValue;
        foreach (string candidate in candidates)
        {
            // One slip in three characters, three at the most; a word of two letters is near to everything.
            int allowed = Math.Min(3, Math.Max(written.Length, candidate.Length) / 3);
            int distance = Between(written, candidate);
            if (distance <= allowed && distance < best)
            {
                (nearest, best) = (candidate, distance);
            }
        }

        return nearest;
    }

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours from one text to the other, letter case aside.</summary>
    public static int Between(string first, string second)
    {
        if (first.Length > MaximumLength || second.Length > MaximumLength)
        {
            return int.MaxValue;
        }

        Span<int> twoAgo = stackalloc int[MaximumLength + 1];
        Span<int> previous = stackalloc int[MaximumLength + 1];
        Span<int> current = stackalloc int[MaximumLength + 1];
        for (int j = 0; j <= second.Length; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= first.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= second.Length; j++)
            {
                int substitution = previous[j - 1] + (Same(first[i - 1], second[j - 1]) ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && Same(first[i - 1], second[j - 2]) && Same(first[i - 2], second[j - 1]))
                {
                    current[j] = Math.Min(current[j], twoAgo[j - 2] + 1);
                }
            }

            Span<int> free = twoAgo;
            twoAgo = previous;
            previous = current;
            current = free;
        }

        return previous[second.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
