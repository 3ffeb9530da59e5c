using Microsoft.AspNetCore.Http;

namespace Hydra.Diagnostics;

/// <summary>A request that is over, as the access log sees it. What an <see cref="AccessFormat"/> does not name is not looked at.</summary>
internal readonly ref struct AccessEntry
{
    public AccessEntry()
    {
    }

    /// <summary>The client: address and port, or "unix".</summary>
    public string Client { get; init; } = "unix";

    /// <summary>The client's address alone; empty where it has none.</summary>
    public string ClientHost { get; init; } = "";

    /// <summary>http or https.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>The method as sent; empty where there was none.</summary>
    public string Method { get; init; } = "";

    /// <summary>Path and query as sent; empty where there were none.</summary>
    public string Target { get; init; } = "";

    /// <summary>HTTP/1.1 or HTTP/2; empty where there was none.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>The status that the client got, or 0 when it got none.</summary>
    public int Status { get; init; }

    /// <summary>Bytes of the response's body.</summary>
    public long Bytes { get; init; }

    /// <summary>From the request's head to the end of the response.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The part of it that the request has waited for a worker; zero when it did not wait.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>The index of the worker that had it; below 0 for none.</summary>
    public int Worker { get; init; } = -1;

    /// <summary>Why the application gave no answer, or not all of it: the word that metrics have for it; empty where it did.</summary>
    public string Failure { get; init; } = "";

    /// <summary>What the request is called; null where requests have no names.</summary>
    public string? RequestId { get; init; }

    /// <summary>The trace that the request belongs to; null where only its fields say so, or nobody.</summary>
    public string? TraceId { get; init; }

    /// <summary>The host that the client asked for, where it is not what <see cref="RequestHeaders"/> have.</summary>
    public string? Host { get; init; }

    /// <summary>The request's fields; null where there are none.</summary>
    public IHeaderDictionary? RequestHeaders { get; init; }

    /// <summary>The response's fields; null where there are none.</summary>
    public IHeaderDictionary? ResponseHeaders { get; init; }

    /// <summary>The path of the <see cref="Target"/>.</summary>
    public ReadOnlySpan<char> Path => Target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? Target.AsSpan(0, query) : Target;

    /// <summary>The query of the <see cref="Target"/>, without its question mark.</summary>
    public ReadOnlySpan<char> Query => Target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? Target.AsSpan(query + 1) : default;

    /// <summary>A field of the request; empty where it has none. The first, where it has several.</summary>
    public string RequestHeader(string name)
        => Host is not null && name.Equals("host", StringComparison.OrdinalIgnoreCase) ? Host : First(RequestHeaders, name);

    /// <summary>A field of the response; empty where it has none.</summary>
    public string ResponseHeader(string name) => First(ResponseHeaders, name);

    private static string First(IHeaderDictionary? headers, string name)
        => headers is not null && headers.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues values) && values.Count > 0 ? values[0] ?? "" : "";
}
