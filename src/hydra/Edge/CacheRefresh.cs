using Hydra.Http;

namespace Hydra.Edge;

/// <summary>Fetches new responses behind the back of the clients that get what is stale (RFC 5861, section 3). Any thread.</summary>
/// <param name="cache">The cache.</param>
/// <param name="flights">What is being fetched: one of a kind at a time.</param>
/// <param name="answer">Answers with what is kept.</param>
/// <param name="time">The clock.</param>
internal sealed class CacheRefresh(ResponseCache cache, CacheFlights flights, CacheAnswer answer, TimeProvider time)
{
    // At a time. What is stale is served all the same.
    private const int Most = 64;

    // For which nobody waits: an application that hangs is asked anew.
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(60);

    private int _running;

    /// <summary>Fetches what takes the place of a stale response, unless somebody does.</summary>
    /// <param name="context">The request that has found it, which may end meanwhile.</param>
    /// <param name="next">What lets requests go to a worker.</param>
    /// <param name="key">Its key.</param>
    /// <param name="kept">The stale response.</param>
    public void Start(RequestContext context, RequestHandler next, CacheKey key, CachedResponse kept)
    {
        int generation = cache.Generation(key);
        if (Volatile.Read(ref _running) >= Most || flights.Lead(key.Whole, generation) is not { } flight)
        {
            return;
        }

        var fetch = new CacheFetch
        {
            Key = key,
            Generation = generation,
            AskedAt = cache.Now,
            Flight = flight,
            Kept = kept,
            Reason = "hydra; fwd=stale",
            IsBackground = true,
        };
        Interlocked.Increment(ref _running);
        _ = FetchAsync(new DetachedRequest(context, Time, time), next, fetch);
    }

    private async Task FetchAsync(DetachedRequest request, RequestHandler next, CacheFetch fetch)
    {
        // The client has its answer first.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using (request)
            {
                fetch.AskBack(request.Context);
                request.Context.AddGate(new CacheGate(cache, flights, answer, fetch));
                await next(request.Context).ConfigureAwait(false);
            }
        }
        finally
        {
            flights.Lose(fetch.Flight);
            Interlocked.Decrement(ref _running);
        }
    }
}
