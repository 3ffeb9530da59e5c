using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>
/// A request that the front makes by itself, with what a client's has said: it belongs to no connection, its response goes nowhere, and it ends when its time is over.
/// </summary>
internal sealed class DetachedRequest : IDisposable
{
    // They belong to the client's connection, to its body, or are conditions on what the client has (RFC 9110, sections 7.6.1 and 13.1).
    private static readonly HashSet<string> NotCopied = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Content-Length", "Expect",
        "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range",
    };

    private readonly ClientConnection _connection;
    private readonly CancellationTokenSource _end;

    /// <summary>Makes a GET for what a client's request is for. The client's may end afterwards.</summary>
    /// <param name="model">The client's request, whose head is still there.</param>
    /// <param name="time">How long it may take.</param>
    /// <param name="clock">The clock.</param>
    public DetachedRequest(RequestContext model, TimeSpan time, TimeProvider clock)
    {
        _end = new CancellationTokenSource(time, clock);
        HttpRequest asked = model.Http.Request;
        var request = new HttpRequestFeature
        {
            Method = HttpMethods.Get,
            Scheme = asked.Scheme,
            Protocol = asked.Protocol,
            PathBase = asked.PathBase,
            Path = asked.Path,
            QueryString = asked.QueryString.Value ?? "",
            RawTarget = Encoding.Latin1.GetString(PoolRoute.TargetOf(model)),
        };
        foreach ((string name, StringValues value) in asked.Headers)
        {
            if (!NotCopied.Contains(name))
            {
                request.Headers[name] = value;
            }
        }

        if (model.SentHost() is { } host)
        {
            request.Headers.Host = host;
        }

        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = _end.Token });

        // Many at a time: each has a lifetime of its own, and its head comes as fields.
        _connection = new ClientConnection(new DefaultConnectionContext(), isMultiplexed: true, model.Handler);
        features.Set(_connection);
        Context = new RequestContext(features);
        Context.Begin(features);
        Context.Facts = model.Facts;
        Context.RequestId = model.RequestId;
        Context.Trace = model.Trace.Beside;
    }

    /// <summary>The request, which has begun.</summary>
    public RequestContext Context { get; }

    /// <summary>It is over.</summary>
    public void Dispose()
    {
        Context.End();
        _connection.Dispose();
        _end.Dispose();
    }
}
