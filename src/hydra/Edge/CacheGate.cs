using System.Buffers;
using System.Globalization;
using Hydra.Http;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>
/// Looks at the response of a request that leads a flight, and has it kept while it goes to the client. It holds nothing up: the body is
/// copied where it comes. One object for one request; the exchange's lock guards it.
/// </summary>
/// <param name="cache">Where it is kept.</param>
/// <param name="flights">Who waits.</param>
/// <param name="key">What it is kept under.</param>
/// <param name="flight">The flight that the request leads; null where nobody waits.</param>
/// <param name="status">How the field Cache-Status begins (RFC 9211).</param>
internal sealed class CacheGate(ResponseCache cache, CacheFlights flights, string key, CacheFlight? flight, string status) : ResponseGate, IBodyCopy
{
    // Fields that are made anew for each client, or are the connection's.
    private static readonly string[] NotKept = ["Connection", "Content-Length", "Age", "Cache-Status"];

    private readonly ArrayBufferWriter<byte> _body = new();
    private CachedResponse? _head;

    /// <inheritdoc/>
    public override bool Wants(RequestContext context, long? length)
    {
        HttpRequest request = context.Http.Request;
        HttpResponse response = context.Http.Response;
        DateTimeOffset now = cache.Now;
        Freshness? freshness = Freshness.Of(request, response.StatusCode, response.Headers, now);
        if (freshness is null || length > cache.Largest || response.Headers.Trailer.Count > 0)
        {
            // A failure, or an answer to a condition, says nothing about the next one. Trailers are not kept, and what they belong to neither.
            flights.End(flight, null, passes: response.StatusCode is not StatusCodes.Status304NotModified and < 500);
            response.Headers["Cache-Status"] = status;
            return false;
        }

        _head = new CachedResponse
        {
            Status = response.StatusCode,
            Fields = Kept(response.Headers, now),
            VariesBy = VariesBy(request, response.Headers),
            Body = [],
            Freshness = freshness.Value,
            StoredAt = now,
        };
        response.Headers["Cache-Status"] = status + "; stored";
        context.Exchange!.Response.Copy = this;
        if (length is null)
        {
            // Nobody knows how long it goes on.
            flights.End(flight, null);
        }

        return false;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> PassAsync(RequestContext context, GatedBody body) => ValueTask.FromResult(false);

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> data)
    {
        if (_head is null)
        {
            return;
        }

        if (_body.WrittenCount + data.Length <= cache.Largest)
        {
            _body.Write(data);
        }
        else
        {
            _head = null;
            flights.End(flight, null, passes: true);
        }
    }

    /// <inheritdoc/>
    public void End(bool isComplete)
    {
        if (_head is not { } head)
        {
            return;
        }

        _head = null;
        if (!isComplete)
        {
            flights.End(flight, null);
            return;
        }

        var kept = new CachedResponse
        {
            Status = head.Status,
            Fields = head.Fields,
            VariesBy = head.VariesBy,
            Body = _body.WrittenSpan.ToArray(),
            Freshness = head.Freshness,
            StoredAt = head.StoredAt,
        };
        cache.Store(key, kept);
        flights.End(flight, kept);
    }

    private static List<KeyValuePair<string, StringValues>> Kept(IHeaderDictionary headers, DateTimeOffset now)
    {
        List<KeyValuePair<string, StringValues>> fields = [];
        foreach (KeyValuePair<string, StringValues> field in headers)
        {
            if (!NotKept.Contains(field.Key, StringComparer.OrdinalIgnoreCase))
            {
                fields.Add(field);
            }
        }

        if (headers.Date.Count == 0)
        {
            // When it was made, for each who gets it (RFC 9110, section 6.6.1).
            fields.Add(new("Date", now.ToString("r", CultureInfo.InvariantCulture)));
        }

        return fields;
    }

    private static List<KeyValuePair<string, string>> VariesBy(HttpRequest request, IHeaderDictionary headers)
    {
        List<KeyValuePair<string, string>> values = [];
        foreach (string name in headers.Vary.ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            values.Add(new(name.ToLowerInvariant(), request.Headers[name].ToString()));
        }

        values.Sort(static (one, other) => string.CompareOrdinal(one.Key, other.Key));
        return values;
    }
}

/// <summary>Forgets what is kept under a key once the application has changed it (RFC 9111, section 4.4).</summary>
/// <param name="cache">The cache.</param>
/// <param name="key">The key of the request's target.</param>
internal sealed class CacheInvalidation(ResponseCache cache, string key) : ResponseGate
{
    /// <inheritdoc/>
    public override bool Wants(RequestContext context, long? length)
    {
        if (context.Http.Response.StatusCode is >= 200 and < 400)
        {
            cache.Remove(key);
        }

        return false;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> PassAsync(RequestContext context, GatedBody body) => ValueTask.FromResult(false);
}
