using System.Globalization;

namespace Hydra.Files;

/// <summary>What files beside a file are compressed with, the best first.</summary>
internal enum ContentCoding
{
    /// <summary>.br</summary>
    Brotli,

    /// <summary>.zst</summary>
    Zstandard,

    /// <summary>.gz</summary>
    Gzip,
}

/// <summary>Names of codings, and the choice among them (RFC 9110, section 12.5.3).</summary>
internal static class ContentCodings
{
    /// <summary>How many there are.</summary>
    public const int Count = 3;

    private static readonly string[] Names = ["br", "zstd", "gzip"];
    private static readonly string[] Ends = [".br", ".zst", ".gz"];

    /// <summary>As fields name it.</summary>
    public static string Name(this ContentCoding coding) => Names[(int)coding];

    /// <summary>The end of the names of files that are compressed with it.</summary>
    public static string End(this ContentCoding coding) => Ends[(int)coding];

    /// <summary>The coding to send, or null for none.</summary>
    /// <param name="accepted">Accept-Encoding, or empty.</param>
    /// <param name="available">The codings that there are: a bit each.</param>
    public static ContentCoding? Choose(string accepted, int available)
    {
        if (accepted.Length == 0 || available == 0)
        {
            return null;
        }

        ContentCoding? best = null;
        double bestWeight = 0;
        for (int i = 0; i < Count; i++)
        {
            if ((available & (1 << i)) != 0 && Weight(accepted, Names[i]) is var weight && weight > bestWeight)
            {
                (best, bestWeight) = ((ContentCoding)i, weight);
            }
        }

        return best is not null && Weight(accepted, "identity", whereUnnamed: 0) > bestWeight ? null : best;
    }

    // What the client gives for a coding; "*" is for all that are not named.
    private static double Weight(string accepted, string name, double? whereUnnamed = null)
    {
        double others = 0;
        foreach (Range range in accepted.AsSpan().Split(','))
        {
            ReadOnlySpan<char> element = accepted.AsSpan()[range];
            int semicolon = element.IndexOf(';');
            ReadOnlySpan<char> coding = (semicolon < 0 ? element : element[..semicolon]).Trim(" \t");
            bool isNamed = coding.Equals(name, StringComparison.OrdinalIgnoreCase) || (name == "gzip" && coding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase));
            if (!isNamed && coding is not "*")
            {
                continue;
            }

            double weight = semicolon < 0 ? 1 : Quality(element[(semicolon + 1)..]);
            if (isNamed)
            {
                return weight;
            }

            others = weight;
        }

        return whereUnnamed ?? others;
    }

    private static double Quality(ReadOnlySpan<char> parameters)
    {
        parameters = parameters.Trim(" \t");
        return parameters.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
            && double.TryParse(parameters[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double q) && q is >= 0 and <= 1 ? q : 0;
    }
}
