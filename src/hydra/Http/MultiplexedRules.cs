using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>
/// What a head of HTTP/2 may not have, and Kestrel lets pass: what could not have come by HTTP/1.1, and would be taken for something else by whoever
/// makes HTTP/1.1 of it again (RFC 9113, sections 8.2 and 8.3.1).
/// </summary>
internal static class MultiplexedRules
{
    // RFC 9110, section 5.6.2, without capitals (RFC 9113, section 8.2.1).
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz");

    // RFC 9112, section 3.2: what is none of these in a target has to be encoded. A fragment is none of it.
    private static readonly SearchValues<char> TargetCharacters
        = SearchValues.Create([.. Enumerable.Range(0x21, 0x7F - 0x21).Select(static code => (char)code).Where(static c => c != '#')]);

    // RFC 9110, section 5.5: control characters but the tab. Kestrel itself refuses CR, LF and NUL.
    private static readonly SearchValues<char> Controls
        = SearchValues.Create([.. Enumerable.Range(0, 0x20).Append(0x7F).Select(static code => (char)code).Where(static c => c != '\t')]);

    // RFC 9113, section 8.2.2. They belong to a connection, which others share.
    private static readonly HashSet<string> OfConnections = new(StringComparer.OrdinalIgnoreCase)
    {
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    };

    /// <summary>
    /// Whether the head names no host, by :authority or Host, as those of http and https have to (section 8.3.1): malformed, as in HTTP/1.1 (RFC 9112, section 3.2).
    /// To be asked before anybody answers.
    /// </summary>
    public static bool LacksHost(HttpRequest request) => string.IsNullOrEmpty(request.Headers.Host);

    /// <summary>Whether the head is malformed.</summary>
    /// <param name="request">The head.</param>
    /// <param name="isTls">Whether TLS is spoken with the client; else a proxy may have spoken it with its own.</param>
    public static bool Break(IHttpRequestFeature request, bool isTls = false)
    {
        if (request.RawTarget.Length == 0 || (request.Scheme != "https" && (isTls || request.Scheme != "http")) || request.RawTarget.AsSpan().ContainsAnyExcept(TargetCharacters))
        {
            return true;
        }

        foreach ((string name, StringValues values) in request.Headers)
        {
            // Kestrel writes names that it knows with capitals.
            if (name.Length == 0 || OfConnections.Contains(name) || IsNoName(name) || (name.Equals("te", StringComparison.OrdinalIgnoreCase) && values != "trailers"))
            {
                return true;
            }

            foreach (string? value in values)
            {
                if (IsNoValue(value))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // RFC 9113, section 8.2.1: white space around it is malformed, too.
    private static bool IsNoValue(ReadOnlySpan<char> value)
        => !value.IsEmpty && (value[0] is ' ' or '\t' || value[^1] is ' ' or '\t' || value.ContainsAny(Controls));

    private static bool IsNoName(ReadOnlySpan<char> name)
    {
        foreach (char c in name)
        {
            if (!NameCharacters.Contains(char.ToLowerInvariant(c)))
            {
                return true;
            }
        }

        return false;
    }
}
