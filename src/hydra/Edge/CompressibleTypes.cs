using System.Collections.Frozen;

namespace Hydra.Edge;

/// <summary>
/// Which media types become shorter when they are compressed. Text, and what is text under another name; never what is compressed in itself.
/// An event stream is left alone unless it is asked for: it has little to gain, and what stands between some clients and us holds back what
/// is encoded.
/// </summary>
internal sealed class CompressibleTypes
{
    private static readonly string[] BuiltIn =
    [
        "application/javascript", "application/x-javascript", "application/ecmascript", "application/json", "application/json-seq",
        "application/jsonl", "application/x-jsonlines", "application/ndjson", "application/x-ndjson", "application/graphql",
        "application/xml", "application/xml-dtd", "application/yaml", "application/x-yaml", "application/toml", "application/sql",
        "application/rtf", "application/wasm", "application/x-sh", "application/vnd.apple.mpegurl", "application/vnd.ms-fontobject",
        "application/x-font-ttf", "application/x-font-otf", "font/ttf", "font/otf", "font/collection", "font/sfnt", "image/bmp",
        "image/x-icon", "image/vnd.microsoft.icon", "text/*", "*+json", "*+xml", "*+yaml",
    ];

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _refused;
    private readonly string[] _prefixes;
    private readonly string[] _refusedPrefixes;
    private readonly string[] _suffixes;

    /// <summary>The built-in types, with changes.</summary>
    /// <param name="changes">Types to be added, or with a - before them taken away: text/csv, image/*, *+cbor.</param>
    public CompressibleTypes(IReadOnlyList<string> changes)
    {
        string[] refused = [.. changes.Where(static change => change.StartsWith('-')).Select(static change => change[1..])];
        string[] wanted = [.. BuiltIn.Concat(changes.Where(static change => !change.StartsWith('-')))
            .Except(refused, StringComparer.OrdinalIgnoreCase)];
        string[] events = wanted.Contains("text/event-stream", StringComparer.OrdinalIgnoreCase) ? [] : ["text/event-stream"];
        _exact = Set(wanted);
        _refused = Set([.. refused, .. events]);
        _prefixes = Prefixes(wanted);
        _refusedPrefixes = Prefixes(refused);
        _suffixes = [.. wanted.Where(static type => type.StartsWith("*+", StringComparison.Ordinal)).Select(static type => type[1..])];
    }

    /// <summary>Whether a body of this type is compressed.</summary>
    /// <param name="contentType">The value of Content-Type, with its parameters; null or empty for none.</param>
    public bool Contains(string? contentType)
    {
        ReadOnlySpan<char> type = contentType;
        int semicolon = type.IndexOf(';');
        type = (semicolon < 0 ? type : type[..semicolon]).Trim(" \t");
        if (type.IsEmpty || _refused.Contains(type))
        {
            return false;
        }

        return _exact.Contains(type)
            || (!StartsWith(type, _refusedPrefixes) && (StartsWith(type, _prefixes) || EndsWith(type, _suffixes)));
    }

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Set(IEnumerable<string> types)
        => types.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    private static string[] Prefixes(IEnumerable<string> types)
        => [.. types.Where(static type => type.EndsWith("/*", StringComparison.Ordinal)).Select(static type => type[..^1])];

    private static bool StartsWith(ReadOnlySpan<char> type, string[] prefixes)
    {
        foreach (string prefix in prefixes)
        {
            if (type.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool EndsWith(ReadOnlySpan<char> type, string[] suffixes)
    {
        foreach (string suffix in suffixes)
        {
            if (type.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
