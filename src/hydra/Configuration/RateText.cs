using System.Globalization;
using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Reads rates: 100/s, 100/s,burst=200, /login:5/m.</summary>
internal static class RateText
{
    /// <summary>The most requests in a period, and at once.</summary>
    public const int Most = 1_000_000;

    private const string Burst = "burst=";

    /// <summary>Reads a rate.</summary>
    /// <param name="text">The rate.</param>
    /// <param name="limit">What it says; without a burst as many may come at once as in a period.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Read(string text, out RateLimit limit)
    {
        limit = new RateLimit("", 1, TimeSpan.FromSeconds(1), 1);
        string path = "";
        string rest = text.Trim();
        if (rest.StartsWith('/'))
        {
            int colon = rest.LastIndexOf(':');
            if (colon < 0)
            {
                string[] words = rest.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                return words.Length == 2 && words[1][0] != '/' && Read(words[1], out _) is null
                    ? $"\"{text}\" has no colon between the path and the rate; write \"{words[0]}: {words[1]}\"."
                    : $"\"{text}\" names a path and no rate; write {rest}:5/m.";
            }

            (path, rest) = (rest[..colon].TrimEnd(), rest[(colon + 1)..].Trim());
        }

        string[] parts = rest.Split(',', StringSplitOptions.TrimEntries);
        int slash = parts[0].IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !TryCount(parts[0][..slash], out int count) || Period(parts[0][(slash + 1)..].Trim()) is not { } period)
        {
            return $"\"{text}\" is not a rate; write 100/s, 5/m or 1000/h, with a number from 1 to {Most}.";
        }

        int burst = count;
        if (parts.Length > 2 || (parts.Length == 2 && !TryBurst(parts[1], out burst)))
        {
            return $"\"{text}\" has something else than burst=N behind the rate, with a number from 1 to {Most}.";
        }

        // "/" is every path.
        limit = new RateLimit(path == "/" ? "" : path, count, period, burst);
        return null;
    }

    /// <summary>Reads what stands behind the comma of a rate, which a variable divides there.</summary>
    /// <returns>Whether it is a burst.</returns>
    public static bool TryBurst(string text, out int burst)
    {
        burst = 0;
        return text.StartsWith(Burst, StringComparison.OrdinalIgnoreCase) && TryCount(text[Burst.Length..], out burst);
    }

    private static bool TryCount(string text, out int count)
        => int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= Most;

    private static TimeSpan? Period(string unit) => unit.ToLowerInvariant() switch
    {
        "s" or "sec" or "second" => TimeSpan.FromSeconds(1),
        "m" or "min" or "minute" => TimeSpan.FromMinutes(1),
        "h" or "hour" => TimeSpan.FromHours(1),
        _ => null,
    };
}
