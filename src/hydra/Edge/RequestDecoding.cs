using Hydra.Coding;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Edge;

/// <summary>
/// Decodes bodies of requests that say how they are coded (RFC 9110, section 8.4), and takes away what says so: applications read what the client
/// has coded. The length is that of what they read, where it is known. Any thread.
/// </summary>
/// <param name="ratio">How many times as long a body may become, from its first megabyte on; 0 for any.</param>
/// <param name="memory">What clients may have the server hold.</param>
internal sealed class RequestDecoding(int ratio, MemoryBudget memory) : EdgePart
{
    private static readonly byte[][] Removed = [[.. "content-encoding"u8], [.. "content-length"u8]];

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next)
        => context => context.Http.Request.Headers.ContentEncoding.Count > 0 && FrontAnswer.HasBody(context) ? DecodeAsync(context, next) : next(context);

    private async Task DecodeAsync(RequestContext context, RequestHandler next)
    {
        HttpRequest request = context.Http.Request;
        if (ContentCodings.ReadList(request.Headers.ContentEncoding.ToString()) is not { } codings)
        {
            // RFC 9110, section 15.5.16.
            context.Http.Response.Headers.AcceptEncoding = ContentCodings.Decoded;
            await FrontAnswer.RefuseAsync(context, Failure.UnknownContentCoding).ConfigureAwait(false);
            return;
        }

        if (codings.Count == 0)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        using var body = new DecodedBody(request.BodyReader, new DecoderChain(codings), ratio, memory);
        if (!body.TryHold())
        {
            await FrontAnswer.RefuseAsync(context, Failure.MemoryShort).ConfigureAwait(false);
            return;
        }

        // It computes, and whoever has brought the head may be an event loop.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        context.Http.Features.Set<IRequestBodyPipeFeature>(body);
        context.Facts = context.Facts.With(HeaderEdits.Without(context.Facts.Headers, Removed));
        request.ContentLength = null;
        await next(context).ConfigureAwait(false);
    }
}
