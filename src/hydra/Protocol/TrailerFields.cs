namespace Hydra.Protocol;

/// <summary>
/// Which fields may not come behind a body (RFC 9110, section 6.5.1): those that say how to read it, where it belongs, who asks, or what to do with it, which
/// has to be known before. The shim has the same list (trailers.py), and a test compares the two.
/// </summary>
internal static class TrailerFields
{
    private static readonly HashSet<string> Forbidden = new(StringComparer.OrdinalIgnoreCase)
    {
        // Framing, and the connection's own.
        "connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",

        // Routing, and what modifies a request.
        "cache-control", "expect", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "max-forwards", "pragma",
        "range",

        // Authentication and state.
        "authorization", "cookie", "proxy-authenticate", "proxy-authorization", "set-cookie", "www-authenticate",

        // What controls the response.
        "age", "date", "expires", "location", "retry-after", "vary", "warning",

        // How the content is to be taken.
        "content-encoding", "content-range", "content-type",
    };

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup = Forbidden.GetAlternateLookup<ReadOnlySpan<char>>();

    // Characters of the longest name, and one more.
    private static readonly int Longest = Forbidden.Max(static name => name.Length) + 1;

    /// <summary>The names, in lower case.</summary>
    public static IReadOnlyCollection<string> Names => Forbidden;

    /// <summary>Whether a field of this name, in any case, may not be a trailer.</summary>
    public static bool IsForbidden(ReadOnlySpan<byte> name)
    {
        if (name.Length >= Longest)
        {
            return false;
        }

        Span<char> text = stackalloc char[name.Length];
        for (int i = 0; i < name.Length; i++)
        {
            text[i] = (char)name[i];
        }

        return Lookup.Contains(text);
    }
}
