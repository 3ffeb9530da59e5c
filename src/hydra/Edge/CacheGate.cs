using System.Buffers;
using System.Globalization;
using Hydra.Dispatch;
using Hydra.Http;

namespace Hydra.Edge;

/// <summary>What has come of a request that the cache has let pass.</summary>
internal enum CacheOutcome
{
    /// <summary>The application's answer went to the client, kept or not.</summary>
    Forwarded,

    /// <summary>What was kept is good yet: it was the answer.</summary>
    Revalidated,

    /// <summary>What was kept was the answer in the place of a failure.</summary>
    FailureHidden,
}

/// <summary>A request that the cache lets pass, and what it knows of it.</summary>
internal sealed record CacheFetch
{
    private static readonly byte[] IfNoneMatch = [.. "if-none-match"u8];
    private static readonly byte[] IfModifiedSince = [.. "if-modified-since"u8];

    /// <summary>What the answer is kept under.</summary>
    public required CacheKey Key { get; init; }

    /// <summary>The key's generation when it was asked for.</summary>
    public required int Generation { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>The flight that the request leads; null where nobody waits for it.</summary>
    public CacheFlight? Flight { get; init; }

    /// <summary>What is kept for it and cannot be used without the application's word; null where nothing is.</summary>
    public CachedResponse? Kept { get; init; }

    /// <summary>What the request says of caches.</summary>
    public CacheControl Asked { get; init; }

    /// <summary>Why it passes, in the words of Cache-Status (RFC 9211, section 2.2).</summary>
    public required string Reason { get; init; }

    /// <summary>Nobody waits for the answer itself.</summary>
    public bool IsBackground { get; init; }

    /// <summary>Whether the application is asked whether what is kept is good yet.</summary>
    public bool AsksBack => Kept is { HasValidator: true };

    /// <summary>
    /// Has the worker told of the validators of what is kept in the place of those that the client has sent (RFC 9111, section 4.3.1): the client's conditions
    /// are held against what comes of it.
    /// </summary>
    public void AskBack(RequestContext context)
    {
        if (!AsksBack)
        {
            return;
        }

        HeaderEdits? edits = context.Facts.Headers;
        string tag = Kept!.Field("ETag");
        string modified = Kept.Field("Last-Modified");
        edits = tag.Length > 0 ? HeaderEdits.Replacing(edits, IfNoneMatch, tag) : HeaderEdits.Without(edits, [IfNoneMatch]);
        edits = modified.Length > 0 ? HeaderEdits.Replacing(edits, IfModifiedSince, modified) : HeaderEdits.Without(edits, [IfModifiedSince]);
        context.Facts = context.Facts.With(edits);
    }
}

/// <summary>
/// Looks at the response of a request that the cache has let pass, and has it kept while it goes to the client. It holds nothing up: the body is
/// copied where it comes. Where the application says that what is kept is good yet, or fails, that is the answer. One object for one request; the exchange's lock
/// guards it until the head has come.
/// </summary>
/// <param name="cache">Where it is kept.</param>
/// <param name="flights">Who waits.</param>
/// <param name="answer">Answers with what is kept.</param>
/// <param name="fetch">The request.</param>
internal sealed class CacheGate(ResponseCache cache, CacheFlights flights, CacheAnswer answer, CacheFetch fetch) : ResponseGate, IBodyCopy
{
    private readonly ArrayBufferWriter<byte> _body = new();
    private CachedResponse? _head;

    // What is the answer in the place of that which comes.
    private CachedResponse? _instead;
    private string _detail = "";

    /// <summary>What has come of it.</summary>
    public CacheOutcome Outcome { get; private set; }

    /// <inheritdoc/>
    public override bool Wants(RequestContext context, long? length)
    {
        HttpRequest request = context.Http.Request;
        HttpResponse response = context.Http.Response;
        DateTimeOffset now = cache.Now;
        int status = response.StatusCode;
        if (fetch.AsksBack && status == StatusCodes.Status304NotModified)
        {
            Revalidate(context, now);
            return true;
        }

        if (CacheUses.IsFailure(status) && MayHide(now))
        {
            Hide(string.Create(CultureInfo.InvariantCulture, $"; fwd-status={status}"));
            return true;
        }

        Freshness? freshness = Freshness.Of(request, status, response.Headers, now, DelayAt(now));
        if (freshness is null || length > cache.Largest || response.Headers.Trailer.Count > 0)
        {
            if (fetch.Kept is { } kept && status is not StatusCodes.Status304NotModified and < 500)
            {
                // It was to take the place of what is kept, and is not for others.
                cache.Remove(fetch.Key, kept);
            }

            // A failure, or an answer to a condition, says nothing about the next one. Trailers are not kept, and what they belong to neither.
            flights.End(fetch.Flight, null, passes: status is not StatusCodes.Status304NotModified and < 500);
            response.Headers["Cache-Status"] = fetch.Reason;
            return false;
        }

        _head = new CachedResponse
        {
            Status = status,
            Fields = CachedResponse.Kept(response.Headers, now),
            VariesBy = VariesBy(request, response.Headers),
            Body = [],
            Freshness = freshness.Value,
            StoredAt = now,
        };
        response.Headers["Cache-Status"] = fetch.Reason + "; stored";
        context.Exchange!.Response.Copy = this;
        if (length is null || freshness.Value.InitialAge >= freshness.Value.Lifetime)
        {
            // Nobody knows how long it goes on, or it is for nobody who has not asked himself.
            flights.End(fetch.Flight, null, passes: length is not null);
        }

        return false;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> PassAsync(RequestContext context, GatedBody body)
    {
        body.Discard();
        if (!fetch.IsBackground)
        {
            await answer.WriteInsteadAsync(context, _instead!, fetch.Reason + _detail).ConfigureAwait(false);
        }

        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> ReplaceAsync(RequestContext context, Failure failure)
    {
        if (!CacheUses.IsFailure(failure.Rule().Status) || !MayHide(cache.Now))
        {
            return false;
        }

        Hide("");
        await answer.WriteInsteadAsync(context, _instead!, fetch.Reason + _detail).ConfigureAwait(false);
        return true;
    }

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
            flights.End(fetch.Flight, null, passes: true);
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
            flights.End(fetch.Flight, null);
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
        cache.Store(fetch.Key, kept, fetch.Generation);
        flights.End(fetch.Flight, kept);
    }

    // RFC 9111, section 4.3.4.
    private void Revalidate(RequestContext context, DateTimeOffset now)
    {
        CachedResponse kept = fetch.Kept!;
        IHeaderDictionary headers = context.Http.Response.Headers;
        IHeaderDictionary fields = kept.Updated(headers, now);
        Freshness? freshness = kept.IsMeantBy(headers) ? Freshness.Of(context.Http.Request, kept.Status, fields, now, DelayAt(now)) : null;
        Outcome = CacheOutcome.Revalidated;
        _detail = "; fwd-status=304";
        if (headers.SetCookie.Count > 0)
        {
            // For this client alone; what is kept is as stale as before.
            fields.SetCookie = headers.SetCookie;
            _instead = kept.With(fields, kept.Freshness, now);
            flights.End(fetch.Flight, null, passes: true);
            return;
        }

        _instead = kept.With(fields, freshness ?? kept.Freshness, now);
        if (freshness is null)
        {
            // It may be for this client; it is not for others any more.
            cache.Remove(fetch.Key, kept);
            flights.End(fetch.Flight, null, passes: true);
            return;
        }

        cache.Store(fetch.Key, _instead, fetch.Generation);
        bool isForOthers = freshness.Value.InitialAge < freshness.Value.Lifetime;
        flights.End(fetch.Flight, isForOthers ? _instead : null, passes: !isForOthers);
    }

    private bool MayHide(DateTimeOffset now) => !fetch.IsBackground && fetch.Kept is { } kept && CacheUses.MayHideFailure(kept, fetch.Asked, now);

    // RFC 5861, section 4.
    private void Hide(string detail)
    {
        Outcome = CacheOutcome.FailureHidden;
        _instead = fetch.Kept;
        _detail = detail + "; detail=stale-if-error";
        flights.End(fetch.Flight, fetch.Kept);
    }

    private long DelayAt(DateTimeOffset now) => Math.Max(0, (long)(now - fetch.AskedAt).TotalSeconds);

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
