using System.IO.Pipelines;
using System.Text;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Tracing;
using Hydra.Transport;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Hydra.Http;

/// <summary>
/// One request on its way through the front. An HTTP/1 connection has one of these for all its requests, which come one after the other;
/// HTTP/2 has one for each stream at a time. Kestrel keeps it with the stream, and brings it back for the next request there.
/// </summary>
internal sealed class RequestContext
{
    private RequestFacts? _facts;
    private List<ResponseGate>? _gates;
    private PipeWriter? _body;
    private int _stream;

    /// <summary>Makes a context for the requests of one stream.</summary>
    public RequestContext(IFeatureCollection features)
    {
        ClientConnection? connection = features.Get<ClientConnection>();
        Connection = connection!;
        Handler = connection?.Handler ?? features.GetRequiredFeature<RequestHandlerFeature>().Handler;
    }

    /// <summary>The request and the response.</summary>
    public DefaultHttpContext Http { get; } = new();

    /// <summary>The client's connection; null on addresses that are not for clients.</summary>
    public ClientConnection Connection { get; }

    /// <summary>What handles the request.</summary>
    public RequestHandler Handler { get; }

    /// <summary>The request as workers see it; null as long as none was to see one of this stream.</summary>
    public HttpExchange? Exchange { get; set; }

    /// <summary>When the request came, as a timestamp of <see cref="System.Diagnostics.Stopwatch"/>; 0 where nobody wants to know.</summary>
    public long StartedAt { get; set; }

    /// <summary>Whether there is a request that is not over.</summary>
    public bool IsHandling { get; private set; }

    /// <summary>Why the application gave no answer, or not all of it.</summary>
    public Failure Failure { get; set; }

    /// <summary>Whether the request has come as far as the forwarder, so that <see cref="Exchange"/> is about it and no one before.</summary>
    public bool IsForwarded { get; set; }

    /// <summary>The number of the application that the request is for; below 0 where there is none, or it has not come as far.</summary>
    public int Pool { get; set; } = -1;

    /// <summary>What the request is called in logs and to its application; null where requests have no names.</summary>
    public string? RequestId { get; set; }

    /// <summary>A sentence for the log, with what the request is called behind it.</summary>
    public string Named(string sentence) => RequestId is null ? sentence : $"{sentence} [request {RequestId}]";

    /// <summary>The host that the client has asked for, where a log wants to know and Kestrel was given another.</summary>
    public string? AskedHost { get; private set; }

    /// <summary>Its place in a trace; none where requests are not traced.</summary>
    public TraceLink Trace { get; set; }

    /// <summary>Bytes of the answer's body that the front has written by itself, instead of a worker.</summary>
    public long OwnBytes { get; set; }

    /// <summary>What workers and logs are to see of the request beside its head. Parts of the edge may replace it.</summary>
    public RequestFacts Facts
    {
        get => _facts ??= Connection.FactsFor(Http.Request.Protocol);
        set => _facts = value;
    }

    /// <summary>Whether somebody stands at the head of the response.</summary>
    public bool IsGated => _gates is { Count: > 0 };

    /// <summary>Who stands at the head of the response: the first is asked first.</summary>
    public IReadOnlyList<ResponseGate> Gates => _gates ?? [];

    /// <summary>Has somebody asked when the head of the response has come, after those who are there already.</summary>
    public void AddGate(ResponseGate gate) => (_gates ??= []).Add(gate);

    /// <summary>The head of the response has come: whom it does not concern is not asked again.</summary>
    /// <param name="length">How long the client's body is, where that is known.</param>
    public void AskGates(long? length)
    {
        for (int i = 0; i < _gates!.Count;)
        {
            if (_gates[i].Wants(this, length))
            {
                i++;
            }
            else
            {
                _gates.RemoveAt(i);
            }
        }
    }

    /// <summary>
    /// What writes the body of a response that streams: the front itself frames it where trailers may follow. First to be asked when the head is settled, its
    /// Content-Length above all, and before it leaves.
    /// </summary>
    public PipeWriter OpenBody()
    {
        if (_body is null && ResponseTrailers.AreFramed(Http))
        {
            Http.Response.Headers.TransferEncoding = "chunked";
            return _body = new ChunkedWriter(Http.Response.BodyWriter);
        }

        return _body ??= Http.Response.BodyWriter;
    }

    /// <summary>All of the body that <see cref="OpenBody"/> was for is written: ends it.</summary>
    /// <param name="trailers">The fields behind it, as a header block that is valid; empty for none.</param>
    public ValueTask EndBodyAsync(ReadOnlySpan<byte> trailers)
    {
        if (_body is ChunkedWriter chunks)
        {
            chunks.End(trailers);
            return FlushAsync();
        }

        if (!trailers.IsEmpty)
        {
            ResponseTrailers.Add(Http, trailers);
        }

        return default;
    }

    /// <summary>A request begins.</summary>
    public void Begin(IFeatureCollection features)
    {
        Http.Initialize(features);
        if (Connection?.Head is { } head && (head.IsLineAltered || head.Closes))
        {
            Heed(head);
        }

        _facts = null;
        _body = null;
        _gates?.Clear();
        Failure = Failure.None;
        OwnBytes = 0;
        IsForwarded = false;
        Pool = -1;
        RequestId = null;
        Trace = default;
        AskedHost = null;
        IsHandling = true;
        if (Connection?.Windows is { } windows)
        {
            _stream = features.Get<IHttp2StreamIdFeature>()?.StreamId ?? 0;
            windows.Attach(_stream, this);
        }
    }

    /// <summary>The request is over.</summary>
    public void End()
    {
        Connection?.Windows?.Attach(_stream, null);
        IsHandling = false;
        Http.Uninitialize();
    }

    /// <summary>Keeps the host that was asked for, where Kestrel was given another: the head is gone when the request is over.</summary>
    public void KeepHost() => AskedHost = SentHost();

    /// <summary>
    /// The value of Host where Kestrel was given another in its place, as for an IPv6 address; null where it was not. To be asked before the request goes to a
    /// worker: its head is gone then.
    /// </summary>
    public string? SentHost()
    {
        if (Connection?.Head is { IsAltered: true } head)
        {
            foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(head.Block))
            {
                if (name.SequenceEqual("host"u8))
                {
                    return Encoding.Latin1.GetString(value);
                }
            }
        }

        return null;
    }

    private async ValueTask FlushAsync() => await Http.Response.BodyWriter.FlushAsync().ConfigureAwait(false);

    private void Heed(CapturedHead head)
    {
        if (head.IsLineAltered)
        {
            IHttpRequestFeature request = Http.Features.GetRequiredFeature<IHttpRequestFeature>();
            request.Method = Encoding.Latin1.GetString(head.Method);
            request.RawTarget = Encoding.Latin1.GetString(head.Target);
        }

        if (head.Closes)
        {
            Http.Response.OnStarting(
                static response =>
                {
                    ((HttpResponse)response).Headers.Connection = "close";
                    return Task.CompletedTask;
                },
                Http.Response);
        }
    }
}

/// <summary>Marks a connection whose requests are not for the edge, such as those for metrics.</summary>
/// <param name="handler">What handles them.</param>
internal sealed class RequestHandlerFeature(RequestHandler handler)
{
    /// <summary>What handles them.</summary>
    public RequestHandler Handler => handler;
}
