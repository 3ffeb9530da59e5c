using System.Text;
using Hydra.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>The fields behind a response's body (RFC 9110, section 6.5): what they may be, and to which clients they go.</summary>
internal static class ResponseTrailers
{
    /// <summary>Looks at what a worker has sent.</summary>
    /// <param name="block">The fields, as a header block.</param>
    /// <returns>Null, or the broken rule as a sentence for the log.</returns>
    public static string? Check(ReadOnlySpan<byte> block)
    {
        if (HeaderBlock.Validate(block, out int position) is var error and not HeaderBlockError.None)
        {
            return $"its trailer number {position + 1} is invalid: {ResponseHead.Describe(error)}";
        }

        foreach ((ReadOnlySpan<byte> name, _) in new HeaderBlock(block))
        {
            if (TrailerFields.IsForbidden(name))
            {
                return $"its trailer {Encoding.ASCII.GetString(name)} would have to be known before the body (RFC 9110, section 6.5.1)";
            }
        }

        return null;
    }

    /// <summary>
    /// Whether the front frames the body, so that trailers can follow: in HTTP/1.1 they are a part of the last chunk, and are for a client whose TE lists
    /// them (RFC 9110, section 6.5.1). To be asked when the head is settled: a body with a Content-Length has no place for any.
    /// </summary>
    public static bool AreFramed(HttpContext context)
    {
        HttpRequest request = context.Request;
        HttpResponse response = context.Response;
        return request.Headers.TE.Count > 0 && response.ContentLength is null && HttpProtocol.IsHttp11(request.Protocol)
            && FieldList.Contains(request.Headers.TE.ToString(), "trailers")
            && !ResponseHead.HasNoBody(request.Method, response.StatusCode);
    }

    /// <summary>
    /// Hands them to Kestrel, which sends them behind the body where the version has frames for them. Elsewhere they are left out, as anybody on the way may
    /// leave them out (RFC 9110, section 6.5.2).
    /// </summary>
    /// <param name="context">The request; of its response only the end is missing.</param>
    /// <param name="block">The fields, as a header block that is valid.</param>
    public static void Add(HttpContext context, ReadOnlySpan<byte> block)
    {
        if (context.Features.Get<IHttpResponseTrailersFeature>() is not { } feature || ResponseHead.HasNoBody(context.Request.Method, context.Response.StatusCode))
        {
            return;
        }

        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(block))
        {
            feature.Trailers.Append(HeaderNames.Get(name), Encoding.Latin1.GetString(value));
        }
    }
}
