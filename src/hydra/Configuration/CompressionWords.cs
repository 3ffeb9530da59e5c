using System.Globalization;
using Hydra.Coding;

namespace Hydra.Configuration;

/// <summary>Reads what the options about compression say. Each reader gives null, or what is wrong with the value.</summary>
internal static class CompressionWords
{
    private static readonly ContentCoding[] All = [ContentCoding.Zstd, ContentCoding.Brotli, ContentCoding.Gzip];

    /// <summary>Yes, no, or codings in their order.</summary>
    public static string? Codings(string text, CompressionOptions before, out CompressionOptions after)
    {
        if (ValueReader.Boolean(text, out bool isOn) is null)
        {
            after = before with { Codings = isOn ? All : [] };
            return null;
        }

        after = before;
        List<ContentCoding> codings = [];
        foreach (string word in Words(text))
        {
            if (!TryCoding(word, out ContentCoding coding))
            {
                return $"\"{word}\" is not zstd, br or gzip.";
            }

            if (!codings.Contains(coding))
            {
                codings.Add(coding);
            }
        }

        after = before with { Codings = codings };
        return codings.Count > 0 ? null : "no coding is named; write zstd,br,gzip or some of these.";
    }

    /// <summary>Levels of some codings: gzip:6,br:5.</summary>
    public static string? Levels(string text, CompressionOptions before, out CompressionOptions after)
    {
        after = before;
        CodingLevels levels = before.Levels;
        foreach (string word in Words(text))
        {
            string[] parts = word.Split([':', '='], 2);
            if (parts.Length < 2 || !TryCoding(parts[0], out ContentCoding coding))
            {
                return $"\"{word}\" is not a coding with its level, such as gzip:6.";
            }

            (int least, int highest) = CodingLevels.Range(coding);
            if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int level) || level < least || level > highest)
            {
                return $"\"{word}\": the levels of {coding.Name()} are {least} to {highest}.";
            }

            levels = levels.With(coding, level);
        }

        after = before with { Levels = levels };
        return Words(text).Length > 0 ? null : "no level is given; write gzip:6 or zstd:3,br:5.";
    }

    /// <summary>One media type, or several.</summary>
    public static string? Types(string text, CompressionOptions before, out CompressionOptions after)
    {
        string[] words = Words(text);
        after = before with { Types = [.. before.Types, .. words] };
        return words.Length == 0 ? "no media type is given."
            : Array.Find(words, static word => !MediaTypePattern.IsValid(word)) is { } wrong
                ? $"\"{wrong}\" is not a media type such as application/x-thing, image/* or *+cbor."
                : null;
    }

    /// <summary>A path.</summary>
    public static string? Excluded(string text, CompressionOptions before, out CompressionOptions after)
    {
        string? problem = ValueReader.RootPath(text, out string path);
        after = before with { Excluded = [.. before.Excluded, path] };
        return text.Length == 0 ? "the path is empty." : problem;
    }

    private static string[] Words(string text) => text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool TryCoding(string word, out ContentCoding coding)
        => ContentCodings.TryParse(word.Equals("brotli", StringComparison.OrdinalIgnoreCase) ? "br" : word, out coding) && All.Contains(coding);
}
