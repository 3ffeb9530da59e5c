using System.Globalization;
using System.Net;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>
/// Answers 429 (RFC 6585, section 4) to clients that ask more often than they may. Who a client is says its address, as the parts before this one have found it,
/// or a header field. Clients of a Unix socket that nobody has named an address for are not told apart, and not held up.
/// </summary>
/// <param name="limits">How often; all that are for a path hold.</param>
/// <param name="by">The header field that tells clients apart; null for their addresses.</param>
/// <param name="time">The clock.</param>
internal sealed class RateLimits(IReadOnlyList<RateLimit> limits, string? by, TimeProvider time) : EdgePart
{
    private readonly Rule[] _rules = [.. limits.Select(limit => new Rule(limit, time.TimestampFrequency))];

    private readonly bool _hasPaths = limits.Any(static limit => limit.Path.Length > 0);

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context =>
    {
        // As applications may read it: no other spelling of it is another path.
        string path = _hasPaths ? RequestPath.Plain(PoolRoute.PathOf(context)) : "";
        foreach (Rule rule in _rules)
        {
            if (rule.Limit.Covers(path) && KeyOf(context) is var key and not 0 && rule.Table.Take(key, time.GetTimestamp()) is var wait and > 0)
            {
                return RefuseAsync(context, rule.Limit, SecondsOf(wait));
            }
        }

        return next(context);
    };

    /// <summary>A hash of who the client is; 0 where nobody knows.</summary>
    public ulong KeyOf(RequestContext context)
    {
        if (by is not null && context.Http.Request.Headers[by] is { Count: > 0 } values)
        {
            return Hash(values.ToString());
        }

        string host = context.Facts.ClientHost;
        return host.Length == 0 ? 0
            : host.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(host, out IPAddress? address) ? Hash(PeerNetwork.Of(address).Bits.ToString(CultureInfo.InvariantCulture))
            : Hash(host);
    }

    // Two hashes of 32 bits, of a kind that nobody outside can aim at: their seed is the process's own.
    private static ulong Hash(string key)
        => Math.Max(1, ((ulong)(uint)key.GetHashCode(StringComparison.Ordinal) << 32) | (uint)HashCode.Combine(key.Length, key.GetHashCode(StringComparison.Ordinal), Sum(key)));

    private static int Sum(string key)
    {
        var sum = new HashCode();
        foreach (char c in key)
        {
            sum.Add(c);
        }

        return sum.ToHashCode();
    }

    // Whole seconds are what Retry-After has (RFC 9110, section 10.2.3).
    private int SecondsOf(long ticks) => (int)Math.Min(int.MaxValue, ((ticks - 1) / time.TimestampFrequency) + 1);

    // The fields are those of draft-ietf-httpapi-ratelimit-headers.
    private static Task RefuseAsync(RequestContext context, RateLimit limit, int seconds)
    {
        IHeaderDictionary headers = context.Http.Response.Headers;
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"default\";q={limit.Count};w={limit.Period.TotalSeconds:0}");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"default\";r=0;t={seconds}");
        return FrontAnswer.RefuseAsync(context, Failure.RateLimited, seconds);
    }

    private sealed class Rule(RateLimit limit, long frequency)
    {
        public RateLimit Limit => limit;

        public RateTable Table { get; } = new(Math.Max(1, (long)(limit.Period.TotalSeconds * frequency / limit.Count)), limit.Burst);
    }
}
