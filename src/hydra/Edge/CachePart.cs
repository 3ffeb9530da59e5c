using System.Globalization;
using Hydra.Diagnostics;
using Hydra.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>
/// A cache that all clients share (RFC 9111): answers what it has kept, and keeps what the application says may be kept. Of equal requests
/// one goes to a worker, and the others wait for its answer. Stands before the compression: it keeps what the application has made.
/// </summary>
/// <param name="cache">What is kept.</param>
/// <param name="flights">What is being fetched.</param>
/// <param name="answer">Answers with what is kept.</param>
/// <param name="metrics">Counts; null where nobody wants to know.</param>
/// <param name="toldBy">Fields by which a proxy tells applications who asks, beside those that the front reads: what they say is in the key.</param>
internal sealed class CachePart(
    ResponseCache cache, CacheFlights flights, CacheAnswer answer, CacheMetrics? metrics, IReadOnlyList<string>? toldBy = null) : EdgePart
{
    private readonly IReadOnlyList<string> _toldBy = toldBy ?? [];

    // How long a request waits for an equal one before it goes by itself.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context =>
    {
        HttpRequest request = context.Http.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return CanAnswer(request) ? HandleAsync(context, next) : next(context);
        }

        if (!HttpMethods.IsOptions(request.Method) && !HttpMethods.IsTrace(request.Method))
        {
            context.AddGate(new CacheInvalidation(cache, KeyOf(context)));
        }

        return next(context);
    };

    /// <summary>
    /// What a response is kept under: all that applications are told of a request beside its fields, of which they say themselves by which of them a
    /// response varies. Scheme, host and path may be those that a trusted proxy names, and whoever has shown a certificate has responses of his own.
    /// </summary>
    public string KeyOf(RequestContext context)
    {
        RequestFacts facts = context.Facts;
        string target = context.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        string key = string.Create(CultureInfo.InvariantCulture,
            $"{facts.Scheme}\n{RequestHost.Of(context).Value?.ToLowerInvariant()}\n{facts.ServerPort}\n{facts.OuterPath}\n{facts.RootPath}\n{facts.PathPrefix}\n{target}");
        if (facts.Tls is { ClientCertificate.Length: > 0 } tls)
        {
            key += "\n" + tls.ClientCertificate;
        }

        foreach (string name in _toldBy)
        {
            if (context.Http.Request.Headers.TryGetValue(name, out StringValues value))
            {
                key += $"\n{name}\n{value}";
            }
        }

        return key;
    }

    // What asks for something else than the response as a whole goes past: parts, conditions on what is to be changed, bodies, other protocols.
    private static bool CanAnswer(HttpRequest request)
    {
        IHeaderDictionary headers = request.Headers;
        return headers.Range.Count == 0 && headers.IfMatch.Count == 0 && headers.IfUnmodifiedSince.Count == 0 && headers.Upgrade.Count == 0
            && headers.TransferEncoding.Count == 0 && request.ContentLength is null or 0;
    }

    private async Task HandleAsync(RequestContext context, RequestHandler next)
    {
        string key = KeyOf(context);
        bool isHead = HttpMethods.IsHead(context.Http.Request.Method);
        CachedResponse? kept = cache.Find(key, context.Http.Request);
        if (kept is not null && (isHead || kept.RestAt(cache.Now) > 0))
        {
            metrics?.AddHit();
            await answer.WriteAsync(context, kept, "hydra; hit").ConfigureAwait(false);
        }
        else if (isHead)
        {
            await next(context).ConfigureAwait(false);
        }
        else
        {
            await FetchAsync(context, next, key, kept).ConfigureAwait(false);
        }
    }

    // One of equal requests leads. The others get what is stale, where it may be used, or wait; where the one that leads has got no answer the
    // next one leads.
    private async Task FetchAsync(RequestContext context, RequestHandler next, string key, CachedResponse? stale)
    {
        bool leads;
        CacheFlight? flight;
        while ((flight = flights.Join(key, out leads)) is not null && !leads)
        {
            if (stale is not null)
            {
                metrics?.AddStale();
                await answer.WriteAsync(context, stale, "hydra; hit").ConfigureAwait(false);
                return;
            }

            // A server that stops waits for it.
            context.Connection.OnReadAhead();
            CachedResponse? fetched = await WaitAsync(flight).ConfigureAwait(false);
            if (fetched is not null && fetched.Answers(context.Http.Request))
            {
                metrics?.AddCollapsed();
                await answer.WriteAsync(context, fetched, "hydra; fwd=uri-miss; collapsed").ConfigureAwait(false);
                return;
            }

            if (!flight.IsLost)
            {
                flight = null;
                break;
            }
        }

        // Has come since nothing was found.
        if (flight is not null && stale is null && cache.Find(key, context.Http.Request) is { } since)
        {
            flights.End(flight, since);
            metrics?.AddHit();
            await answer.WriteAsync(context, since, "hydra; hit").ConfigureAwait(false);
            return;
        }

        metrics?.AddMiss();
        context.AddGate(new CacheGate(cache, flights, key, flight, stale is null ? "hydra; fwd=uri-miss" : "hydra; fwd=stale"));
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            flights.Lose(flight);
        }
    }

    private static async Task<CachedResponse?> WaitAsync(CacheFlight flight)
    {
        Task first = await Task.WhenAny(flight.Result, Task.Delay(LongestWait)).ConfigureAwait(false);
        return first == flight.Result ? await flight.Result.ConfigureAwait(false) : null;
    }
}
