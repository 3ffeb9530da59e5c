using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Http;

namespace Hydra.Edge;

/// <summary>
/// A cache that all clients share (RFC 9111): answers what it has kept, asks the application whether that is good yet, and keeps what the application says may be
/// kept. Of equal requests one goes to a worker, and the others wait for its answer. Stands before the compression: it keeps what the application has made.
/// </summary>
/// <param name="cache">What is kept.</param>
/// <param name="flights">What is being fetched.</param>
/// <param name="answer">Answers with what is kept.</param>
/// <param name="refresh">Fetches what is stale in the background.</param>
/// <param name="metrics">Counts; null where nobody wants to know.</param>
internal sealed class CachePart(ResponseCache cache, CacheFlights flights, CacheAnswer answer, CacheRefresh refresh, CacheMetrics? metrics) : EdgePart
{
    // How long a request waits for an equal one before it goes by itself.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Fields by which a proxy tells applications who asks, beside those that the front reads: what they say is in the key.</summary>
    public IReadOnlyList<string> ToldBy { get; init; } = [];

    /// <summary>Whether Cache-Control of requests is passed over.</summary>
    public bool IgnoresClients { get; init; }

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context =>
    {
        HttpRequest request = context.Http.Request;
        if (RequestMethod.IsGet(request.Method) || RequestMethod.IsHead(request.Method))
        {
            return CanAnswer(request) ? HandleAsync(context, next) : next(context);
        }

        if (!RequestMethod.IsSafe(request.Method) && !RequestMethod.IsConnect(request.Method))
        {
            context.AddGate(new CacheInvalidation(cache, CacheKey.Of(context, ToldBy)));
        }

        return next(context);
    };

    // What asks for something else than the response as a whole goes past: parts, conditions on what is to be changed, bodies, other protocols.
    private static bool CanAnswer(HttpRequest request)
    {
        IHeaderDictionary headers = request.Headers;
        return headers.Range.Count == 0 && headers.IfMatch.Count == 0 && headers.IfUnmodifiedSince.Count == 0 && headers.Upgrade.Count == 0
            && headers.TransferEncoding.Count == 0 && request.ContentLength is null or 0;
    }

    private Task HandleAsync(RequestContext context, RequestHandler next)
    {
        HttpRequest request = context.Http.Request;
        CacheControl asked = IgnoresClients ? default : CacheControl.Parse(request.Headers.CacheControl);
        CacheKey key = CacheKey.Of(context, ToldBy);

        // Before anything is looked for: what is forgotten meanwhile is not to come back.
        int generation = cache.Generation(key);
        CachedResponse? kept = cache.Find(key.Whole, request, out bool hasOthers);
        DateTimeOffset now = cache.Now;
        CacheUse use = kept is null ? CacheUse.AskFirst : CacheUses.Of(kept, asked, now);
        if (use is CacheUse.Answers)
        {
            metrics?.AddHit();
            return answer.WriteAsync(context, kept!, "hydra; hit");
        }

        if (use is CacheUse.AnswersMeanwhile)
        {
            metrics?.AddStale();
            refresh.Start(context, next, key, kept!);
            return answer.WriteAsync(context, kept!, "hydra; hit");
        }

        if (asked.OnlyIfCached)
        {
            // RFC 9111, section 5.2.1.7.
            return FrontAnswer.RefuseAsync(context, Failure.NotCached);
        }

        var fetch = new CacheFetch
        {
            Key = key,
            Generation = generation,
            AskedAt = now,
            Kept = kept,
            Asked = asked,
            Reason = "hydra; fwd=" + (kept is null ? hasOthers ? "vary-miss" : "uri-miss" : kept.RestAt(now) > 0 ? "request" : "stale"),
        };
        if (RequestMethod.IsHead(request.Method) || asked.NoStore)
        {
            // Its answer is not kept, but may say something of what is.
            return PassAsync(context, next, fetch);
        }

        // What is to be asked for each time nobody can wait for.
        bool isForEach = kept is not null && kept.Freshness.Lifetime <= kept.Freshness.InitialAge;
        return isForEach ? ForwardAsync(context, next, fetch) : FetchAsync(context, next, fetch);
    }

    private Task PassAsync(RequestContext context, RequestHandler next, CacheFetch fetch)
    {
        metrics?.AddMiss();
        if (fetch.Kept is not null && RequestMethod.IsHead(context.Http.Request.Method))
        {
            context.AddGate(new CacheHeadGate(cache, fetch));
        }

        return next(context);
    }

    // One of equal requests leads. The others wait; where the one that leads has got no answer the next one leads.
    private async Task FetchAsync(RequestContext context, RequestHandler next, CacheFetch fetch)
    {
        CacheFlight? flight;
        while (true)
        {
            fetch = fetch with { Generation = cache.Generation(fetch.Key) };
            flight = flights.Join(fetch.Key.Whole, fetch.Generation, out bool leads);
            if (flight is null || leads)
            {
                break;
            }

            // A server that stops waits for it.
            context.Connection.OnReadAhead();
            CachedResponse? fetched = await WaitAsync(flight).ConfigureAwait(false);
            if (fetched is not null && fetched.Answers(context.Http.Request))
            {
                metrics?.AddCollapsed();
                await answer.WriteAsync(context, fetched, fetch.Reason + "; collapsed").ConfigureAwait(false);
                return;
            }

            if (!flight.IsLost)
            {
                flight = null;
                break;
            }
        }

        // Has come since nothing was found.
        if (flight is not null && fetch.Kept is null && cache.Find(fetch.Key.Whole, context.Http.Request, out _) is { } since
            && CacheUses.Of(since, fetch.Asked, cache.Now) is CacheUse.Answers)
        {
            flights.End(flight, since);
            metrics?.AddHit();
            await answer.WriteAsync(context, since, "hydra; hit").ConfigureAwait(false);
            return;
        }

        await ForwardAsync(context, next, fetch with { Flight = flight, AskedAt = cache.Now }).ConfigureAwait(false);
    }

    private async Task ForwardAsync(RequestContext context, RequestHandler next, CacheFetch fetch)
    {
        fetch.AskBack(context);
        var gate = new CacheGate(cache, flights, answer, fetch);
        context.AddGate(gate);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            flights.Lose(fetch.Flight);
            Count(gate.Outcome);
        }
    }

    private void Count(CacheOutcome outcome)
    {
        switch (outcome)
        {
            case CacheOutcome.Revalidated:
                metrics?.AddRevalidated();
                break;
            case CacheOutcome.FailureHidden:
                metrics?.AddHidden();
                break;
            default:
                metrics?.AddMiss();
                break;
        }
    }

    private static async Task<CachedResponse?> WaitAsync(CacheFlight flight)
    {
        Task first = await Task.WhenAny(flight.Result, Task.Delay(LongestWait)).ConfigureAwait(false);
        return first == flight.Result ? await flight.Result.ConfigureAwait(false) : null;
    }
}
