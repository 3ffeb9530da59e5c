using System.Diagnostics;
using System.Text;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Edge;

/// <summary>
/// Writes each request that is over to the access log and the metrics, also those that the front has answered by itself. There is none
/// where neither is wanted. Any thread.
/// </summary>
/// <param name="log">The access log, or null.</param>
/// <param name="metrics">The metrics, or null.</param>
internal sealed class RequestRecorder(AccessLog? log, RequestMetrics? metrics)
{
    /// <summary>What is counted; null where nobody wants to know.</summary>
    public RequestMetrics? Metrics => metrics;

    /// <summary>Traces requests; null where they are not traced.</summary>
    public RequestTracing? Traces { get; init; }

    /// <summary>Remembers those that took longest; null where nobody wants to know.</summary>
    public SlowestRequests? Slowest { get; init; }

    // What Kestrel reads in the place of the host is not what was sent, where that was looked at more strictly.
    private readonly bool _namesHost = log is { Format.NamesHost: true };

    /// <summary>A request begins.</summary>
    public void Begin(RequestContext context)
    {
        context.StartedAt = Stopwatch.GetTimestamp();
        if (_namesHost)
        {
            context.KeepHost();
        }

        Traces?.Begin(context);
    }

    /// <summary>A request is over.</summary>
    public void End(RequestContext context)
    {
        IHttpRequestFeature request = context.Http.Features.GetRequiredFeature<IHttpRequestFeature>();
        HttpExchange? exchange = context.IsForwarded ? context.Exchange : null;
        long bytes = context.OwnBytes > 0 ? context.OwnBytes : exchange?.BytesReceived ?? 0;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(context.StartedAt);
        TimeSpan queued = TimeSpan.FromMicroseconds(exchange?.QueueMicroseconds ?? 0);

        // One that is a stream has another status, and is as long.
        bool isSession = exchange is WebSocketExchange { IsAccepted: true };
        Traces?.End(context, exchange, isSession ? StatusCodes.Status101SwitchingProtocols : context.Http.Response.StatusCode, NameOf(context.Failure));
        Count(context.Failure, new RequestFigures
        {
            Status = isSession ? StatusCodes.Status101SwitchingProtocols : context.Http.Response.StatusCode,
            Duration = elapsed,
            Queued = queued,
            FirstByte = isSession || exchange is null || exchange.RespondedAt == 0 ? null : Stopwatch.GetElapsedTime(context.StartedAt, exchange.RespondedAt),
            Worker = isSession || exchange is null || exchange.AnsweredAt == 0 ? null : Stopwatch.GetElapsedTime(exchange.SentAt, exchange.AnsweredAt),
            Bytes = isSession ? 0 : bytes,
            Pool = context.Pool,
        });
        if (!isSession)
        {
            Slowest?.Add(request.Method, request.RawTarget, context.Http.Response.StatusCode, elapsed, queued, exchange?.WorkerIndex ?? -1);
        }

        if (log is null)
        {
            return;
        }

        RequestFacts facts = context.Facts;
        log.Write(new AccessEntry
        {
            Client = facts.Client,
            ClientHost = facts.ClientHost,
            Scheme = facts.Scheme,
            Method = request.Method,
            Target = request.RawTarget,
            Protocol = context.Connection?.ClientProtocol ?? request.Protocol,
            Status = context.Http.Response.StatusCode,
            Bytes = bytes,
            Elapsed = elapsed,
            Queued = queued,
            Worker = exchange?.WorkerIndex ?? -1,
            Failure = NameOf(context.Failure),
            RequestId = context.RequestId,
            TraceId = context.Trace.IsKnown ? context.Trace.Told.TraceText : null,
            Host = context.AskedHost,
            RequestHeaders = request.Headers,
            ResponseHeaders = context.Http.Response.Headers,
        });
    }

    /// <summary>Whether there is an access log.</summary>
    public bool WritesLog => log is not null;

    /// <summary>A connection was refused before there was anything to read.</summary>
    /// <param name="failure">Why.</param>
    public void OnRefused(Failure failure) => metrics?.AddFailure((int)failure);

    /// <summary>A request of HTTP/1.1 was answered before there was one: a GET, with 200, at once.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="request">The request.</param>
    /// <param name="fields">The fields of the answer; null where there is no log.</param>
    /// <param name="bytes">Bytes of the answer's body.</param>
    public void OnAnswered(ClientConnection connection, in QuickRequest request, IHeaderDictionary? fields, long bytes)
    {
        Count(Failure.None, new RequestFigures { Status = StatusCodes.Status200OK, Bytes = bytes, Pool = -1 });
        Traces?.OnAnswered(connection, request);
        if (log is null)
        {
            return;
        }

        RequestFacts facts = connection.FactsFor(HttpProtocol.Http11);
        log.Write(new AccessEntry
        {
            Client = facts.Client,
            ClientHost = facts.ClientHost,
            Scheme = facts.Scheme,
            Method = HttpMethods.Get,
            Target = Encoding.Latin1.GetString(request.Target),
            Protocol = HttpProtocol.Http11,
            Status = StatusCodes.Status200OK,
            Bytes = bytes,
            Worker = -1,
            Failure = "",
            RequestHeaders = request.Fields(),
            ResponseHeaders = fields,
        });
    }

    /// <summary>A head was refused before there was a request.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="failure">Why.</param>
    /// <param name="request">As much of the head as Kestrel has read.</param>
    /// <param name="status">What the client got.</param>
    public void OnRefused(ClientConnection connection, Failure failure, IHttpRequestFeature request, int status)
    {
        // What was refused when it was looked at has not come as far as Kestrel.
        if (string.IsNullOrEmpty(request.Method) && connection.Head is { Method.IsEmpty: false } head)
        {
            request.Method = Encoding.Latin1.GetString(head.Method);
            request.RawTarget = Encoding.Latin1.GetString(head.Target);
            request.Protocol = head.Protocol;
        }

        Count(failure, new RequestFigures { Status = status, Pool = -1 });
        Traces?.OnRefused(connection, request, status, NameOf(failure));
        RequestFacts facts = connection.FactsFor(request.Protocol ?? "");
        log?.Write(new AccessEntry
        {
            Client = facts.Client,
            ClientHost = facts.ClientHost,
            Scheme = facts.Scheme,
            Method = request.Method ?? "",
            Target = request.RawTarget ?? "",
            Protocol = connection.ClientProtocol ?? request.Protocol ?? "",
            Status = status,
            Failure = NameOf(failure),
            RequestHeaders = request.Headers,
        });
    }

    private void Count(Failure failure, in RequestFigures request)
    {
        metrics?.Add(request);
        if (failure is not Failure.None)
        {
            metrics?.AddFailure((int)failure);
        }
    }

    private static string NameOf(Failure failure) => failure is Failure.None ? "" : failure.Rule().Name;
}
