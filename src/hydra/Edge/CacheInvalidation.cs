using Hydra.Http;

namespace Hydra.Edge;

/// <summary>
/// Forgets what is kept under a request's target, and under those that its answer names, once the application has changed it (RFC 9111, section 4.4).
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="key">The key of the request's target.</param>
internal sealed class CacheInvalidation(ResponseCache cache, CacheKey key) : ResponseGate
{
    /// <inheritdoc/>
    public override bool Wants(RequestContext context, long? length)
    {
        HttpResponse response = context.Http.Response;
        if (response.StatusCode is >= 200 and < 400)
        {
            cache.Remove(key);
            Remove(context, response.Headers.Location.ToString());
            Remove(context, response.Headers.ContentLocation.ToString());
        }

        return false;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> PassAsync(RequestContext context, GatedBody body) => ValueTask.FromResult(false);

    private void Remove(RequestContext context, string reference)
    {
        if (reference.Length > 0 && key.Named(context, reference) is { } named && named != key)
        {
            cache.Remove(named);
        }
    }
}

/// <summary>
/// Holds the answer to a HEAD against what is kept of the GET (RFC 9111, section 4.3.5): what is another is forgotten, what is the same is as fresh as that says.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="fetch">The request, with what is kept.</param>
internal sealed class CacheHeadGate(ResponseCache cache, CacheFetch fetch) : ResponseGate
{
    /// <inheritdoc/>
    public override bool Wants(RequestContext context, long? length)
    {
        HttpResponse response = context.Http.Response;
        CachedResponse kept = fetch.Kept!;
        if (response.StatusCode != StatusCodes.Status200OK || kept.Status != StatusCodes.Status200OK)
        {
            return false;
        }

        IHeaderDictionary headers = response.Headers;
        if (!kept.IsMeantBy(headers) || (headers.ContentLength is { } size && size != kept.Body.Length))
        {
            cache.Remove(fetch.Key, kept);
        }
        else if (headers.ETag.Count > 0 || headers.LastModified.Count > 0)
        {
            DateTimeOffset now = cache.Now;
            IHeaderDictionary fields = kept.Updated(headers, now);
            if (Freshness.Of(context.Http.Request, kept.Status, fields, now) is { } freshness)
            {
                cache.Store(fetch.Key, kept.With(fields, freshness, now), fetch.Generation);
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> PassAsync(RequestContext context, GatedBody body) => ValueTask.FromResult(false);
}
