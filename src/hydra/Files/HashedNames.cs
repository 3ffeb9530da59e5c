using System.Buffers;

namespace Hydra.Files;

/// <summary>
/// Whether the name of a file has a hash of its content in it, as bundlers give them. Only what is hardly ever anything else: a name
/// that is taken for one is kept by browsers for a year, and one that is not is merely asked for again.
/// </summary>
internal static class HashedNames
{
    private const int ShortestHex = 8;
    private const int LongestHex = 64;

    // Vite and Rollup: 8 characters of base64url behind a dash.
    private const int MixedLength = 8;

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    private static readonly string[] Assets =
    [
        ".js", ".mjs", ".css", ".map", ".wasm", ".woff2", ".woff", ".ttf", ".otf", ".eot", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif",
        ".ico", ".mp4", ".webm", ".mp3", ".json", ".txt",
    ];

    // Where bundlers put what they name so.
    private static readonly string[] Folders = ["assets", "chunks", "immutable", "_astro", "_nuxt", "_next", "_app"];

    /// <summary>Whether it has.</summary>
    /// <param name="path">The path below the root, with slashes.</param>
    public static bool IsHashed(string path)
    {
        ReadOnlySpan<char> name = path.AsSpan(path.LastIndexOf('/') + 1);
        int dot = name.LastIndexOf('.');
        if (dot <= 0 || !IsAsset(name[dot..]))
        {
            return false;
        }

        ReadOnlySpan<char> stem = name[..dot];

        // app.HASH.js.map, app.HASH.chunk.js, app.HASH.min.js
        while (stem.LastIndexOf('.') is > 0 and var inner && (IsAsset(stem[inner..]) || stem[inner..] is ".chunk" or ".min" or ".bundle"))
        {
            stem = stem[..inner];
        }

        return !Guid.TryParseExact(stem, "D", out _) && (EndsWithHex(stem) || (EndsWithMixed(stem) && IsInFolder(path)));
    }

    private static bool IsAsset(ReadOnlySpan<char> end)
    {
        foreach (string asset in Assets)
        {
            if (end.Equals(asset, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // Digits and letters: dates and words are no hashes.
    private static bool EndsWithHex(ReadOnlySpan<char> stem)
    {
        int mark = stem.LastIndexOfAny(".-_");
        ReadOnlySpan<char> hash = stem[(mark + 1)..];
        return mark > 0 && hash.Length is >= ShortestHex and <= LongestHex && !hash.ContainsAnyExcept(Hex) && hash.ContainsAnyInRange('0', '9')
            && hash.ContainsAnyInRange('a', 'f');
    }

    private static bool EndsWithMixed(ReadOnlySpan<char> stem)
    {
        if (stem.Length < MixedLength + 2 || stem[^(MixedLength + 1)] is not ('-' or '.'))
        {
            return false;
        }

        ReadOnlySpan<char> hash = stem[^MixedLength..];
        foreach (char c in hash)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        bool hasLower = hash.ContainsAnyInRange('a', 'z');
        return (hasLower && hash[1..].ContainsAnyInRange('A', 'Z')) || ((hasLower || hash.ContainsAnyInRange('A', 'Z')) && hash.ContainsAnyInRange('0', '9'));
    }

    private static bool IsInFolder(string path)
    {
        foreach (Range part in path.AsSpan().Split('/'))
        {
            foreach (string folder in Folders)
            {
                if (path.AsSpan()[part].SequenceEqual(folder))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
