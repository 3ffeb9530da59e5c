using System.Globalization;
using Hydra.Coding;
using Hydra.Http;
using Hydra.Primitives;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>Answers requests with what is kept. Any thread.</summary>
/// <param name="cache">The cache, for its clock.</param>
/// <param name="compression">How responses are compressed; null where they are not.</param>
internal sealed class CacheAnswer(ResponseCache cache, CompressionRules? compression)
{
    /// <summary>Answers a request: with the response, or with 304 where the client has it.</summary>
    /// <param name="context">The request, a GET or a HEAD.</param>
    /// <param name="kept">The response.</param>
    /// <param name="status">The value of Cache-Status (RFC 9211), without its time to live.</param>
    public async Task WriteAsync(RequestContext context, CachedResponse kept, string status)
    {
        context.Connection.OnRequestBegins();
        try
        {
            HttpRequest request = context.Http.Request;
            HttpResponse response = context.Http.Response;
            response.StatusCode = kept.Status;
            foreach ((string name, StringValues value) in kept.Fields)
            {
                response.Headers[name] = value;
            }

            DateTimeOffset now = cache.Now;
            response.Headers.Age = kept.AgeAt(now).ToString(CultureInfo.InvariantCulture);
            response.Headers["Cache-Status"] = string.Create(CultureInfo.InvariantCulture, $"{status}; ttl={kept.RestAt(now)}");
            ContentCoding coding = ContentCoding.Identity;
            if (compression is not null && compression.Includes(request.Path) && compression.CanCompress(request, response, kept.Body.Length))
            {
                VaryField.Add(response.Headers, "Accept-Encoding");
                coding = compression.Choose(request);
            }

            if (kept.Status == StatusCodes.Status200OK && IsKnown(request, kept))
            {
                NotModified(request, response);
                return;
            }

            if (coding is ContentCoding.Identity || !await TryEncodedAsync(context, kept, coding).ConfigureAwait(false))
            {
                await WriteBodyAsync(context, kept.Body, kept.Body.Length).ConfigureAwait(false);
            }
        }
        finally
        {
            context.Connection.OnRequestEnds();
        }
    }

    /// <summary>Whether the client has this response already (RFC 9110, sections 13.1.2 and 13.1.3).</summary>
    public static bool IsKnown(HttpRequest request, CachedResponse kept)
    {
        StringValues asked = request.Headers.IfNoneMatch;
        if (asked.Count > 0)
        {
            string tag = Strong(kept.Field("ETag"));
            return asked.ToString().Trim() == "*" || (tag.Length > 0 && asked.ToString().Split(',').Any(one => Strong(one.Trim()) == tag));
        }

        return Freshness.Date(request.Headers.IfModifiedSince) is { } since && Freshness.Date(kept.Field("Last-Modified")) is { } modified && modified <= since;
    }

    private static void NotModified(HttpRequest request, HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status304NotModified;
        response.Headers.ContentType = default;
        response.Headers.ContentEncoding = default;
        EntityTag.Follow(response.Headers, request.Headers.IfNoneMatch);
    }

    private async Task<bool> TryEncodedAsync(RequestContext context, CachedResponse kept, ContentCoding coding)
    {
        // Not on an event loop.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        byte[]? encoded = WholeEncoder.Encode(coding, compression!.Levels, kept.Body, out int length);
        if (encoded is null)
        {
            return false;
        }

        IHeaderDictionary headers = context.Http.Response.Headers;
        headers.ContentEncoding = coding.Name();
        headers.Remove("Accept-Ranges");
        EntityTag.Weaken(headers);
        try
        {
            await WriteBodyAsync(context, encoded, length).ConfigureAwait(false);
        }
        finally
        {
            BufferPool.Return(encoded);
        }

        return true;
    }

    private static async Task WriteBodyAsync(RequestContext context, byte[] body, int length)
    {
        context.Http.Response.ContentLength = length;
        if (!HttpMethods.IsHead(context.Http.Request.Method))
        {
            context.OwnBytes = length;
            await context.Http.Response.BodyWriter.WriteAsync(body.AsMemory(0, length)).ConfigureAwait(false);
        }
    }

    private static string Strong(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
}
