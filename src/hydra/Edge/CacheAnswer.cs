using System.Globalization;
using Hydra.Coding;
using Hydra.Files;
using Hydra.Http;
using Hydra.Primitives;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>Answers requests with what is kept. Any thread.</summary>
/// <param name="cache">The cache, for its clock.</param>
/// <param name="compression">How responses are compressed; null where they are not.</param>
internal sealed class CacheAnswer(ResponseCache cache, CompressionRules? compression)
{
    /// <summary>Answers a request in the place of a worker: with the response, or with 304 where the client has it.</summary>
    /// <param name="context">The request, a GET or a HEAD.</param>
    /// <param name="kept">The response.</param>
    /// <param name="status">The value of Cache-Status (RFC 9211), without its time to live.</param>
    public Task WriteAsync(RequestContext context, CachedResponse kept, string status) => FrontAnswer.AnswerAsync(context, async (context, _) =>
    {
        await FillAsync(context, kept, status).ConfigureAwait(false);
        return (int)context.OwnBytes;
    });

    /// <summary>The same where a worker was asked, whose answer the client does not get. The response must not have begun; of its fields none is left.</summary>
    public Task WriteInsteadAsync(RequestContext context, CachedResponse kept, string status)
    {
        HttpResponse response = context.Http.Response;

        // The connection's, whoever answers.
        StringValues connection = response.Headers.Connection;
        response.Headers.Clear();
        response.Headers.Connection = connection;
        context.Http.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
        return FillAsync(context, kept, status);
    }

    private async Task FillAsync(RequestContext context, CachedResponse kept, string status)
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
        }
        else if (coding is ContentCoding.Identity || !await TryEncodedAsync(context, kept, coding).ConfigureAwait(false))
        {
            await WriteBodyAsync(context, kept.Body, kept.Body.Length).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the client has this response already (RFC 9110, sections 13.1.2 and 13.1.3).</summary>
    public static bool IsKnown(HttpRequest request, CachedResponse kept)
    {
        string tag = Strong(kept.Field("ETag"));
        var validators = new Validators(tag.Length > 0 ? tag : null, Freshness.Date(kept.Field("Last-Modified"))?.ToUnixTimeSeconds());
        return Preconditions.Evaluate(validators, "", "", request.Headers.IfNoneMatch.ToString(), request.Headers.IfModifiedSince.ToString()) is ConditionOutcome.NotModified;
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
        if (!RequestMethod.IsHead(context.Http.Request.Method))
        {
            await FrontAnswer.SendAsync(context, body.AsMemory(0, length)).ConfigureAwait(false);
        }
    }

    private static string Strong(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
}
