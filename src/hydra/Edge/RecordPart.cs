using System.Diagnostics;
using System.Text;
using Hydra.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>Keeps the last requests that come as far as a worker, so that they can be looked at and sent again (--record).</summary>
/// <param name="ring">Where they are kept.</param>
/// <param name="masks">Whether secrets are taken out.</param>
internal sealed class RecordPart(RequestRing ring, bool masks) : EdgePart
{
    /// <summary>Bytes of a body that are kept; a longer one is not.</summary>
    public const int MostBody = 64 * 1024;

    /// <summary>What takes requests on, once the chain is made.</summary>
    public RequestHandler? Next { get; private set; }

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next)
    {
        Next = next;
        return context => RecordAsync(context, next);
    }

    private async Task RecordAsync(RequestContext context, RequestHandler next)
    {
        HttpRequest request = context.Http.Request;
        if (WebSocketHandshake.IsAskedFor(request) || RequestMethod.IsConnect(request.Method))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        DateTimeOffset at = DateTimeOffset.UtcNow;
        long started = Stopwatch.GetTimestamp();
        CopyingReader? body = null;
        if (FrontAnswer.HasBody(context))
        {
            body = new CopyingReader(request.BodyReader, MostBody);
            context.Http.Features.Set<IRequestBodyPipeFeature>(body);
        }

        // The head is gone when the request is over.
        string? host = context.SentHost();
        RequestFacts facts = context.Facts;
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            ring.Add(Describe(context, facts, host, at, Stopwatch.GetElapsedTime(started), body));
        }
    }

    private RecordedRequest Describe(RequestContext context, RequestFacts facts, string? host, DateTimeOffset at, TimeSpan took, CopyingReader? body)
    {
        IHttpRequestFeature request = context.Http.Features.GetRequiredFeature<IHttpRequestFeature>();
        bool isMasked = false;
        List<KeyValuePair<string, string>> fields = [];
        foreach ((string name, StringValues values) in request.Headers)
        {
            foreach (string? value in name.Equals("Host", StringComparison.OrdinalIgnoreCase) && host is not null ? new StringValues(host) : values)
            {
                fields.Add(new(name, masks ? SecretMask.Field(name, value ?? "", ref isMasked) : value ?? ""));
            }
        }

        (byte[] kept, string? missing) = BodyOf(request.Headers, body, ref isMasked);
        return new RecordedRequest
        {
            At = at,
            Method = request.Method,
            Target = masks ? SecretMask.Target(request.RawTarget, ref isMasked) : request.RawTarget,
            Protocol = request.Protocol,
            Fields = fields,
            Body = kept,
            Missing = missing,
            IsMasked = isMasked,
            Status = context.Http.Response.StatusCode,
            Took = took,
            Facts = facts,
        };
    }

    private (byte[] Body, string? Missing) BodyOf(IHeaderDictionary fields, CopyingReader? body, ref bool isMasked)
    {
        if (body is null)
        {
            return ([], null);
        }

        if (body.IsCut || !body.IsRead)
        {
            return ([], body.IsCut ? $"it has more than {MostBody} bytes" : "it has not come as a whole");
        }

        byte[]? kept = masks ? SecretMask.Body(body.Copy, fields.ContentType.ToString(), fields.ContentEncoding.ToString(), ref isMasked) : body.Copy;
        return kept is null ? ([], "it is neither a form nor JSON, so that nobody can tell secrets in it") : (kept, null);
    }
}
