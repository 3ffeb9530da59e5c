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
    /// <summary>A request begins.</summary>
    public static void Begin(RequestContext context) => context.StartedAt = Stopwatch.GetTimestamp();

    /// <summary>A request is over.</summary>
    public void End(RequestContext context)
    {
        IHttpRequestFeature request = context.Http.Features.GetRequiredFeature<IHttpRequestFeature>();
        HttpExchange? exchange = context.IsAnswered ? null : context.Exchange;
        long bytes = context.OwnBytes > 0 ? context.OwnBytes : exchange?.BytesReceived ?? 0;
        Write(
            context.Facts, context.Failure, request, context.Http.Response.StatusCode, bytes,
            Stopwatch.GetElapsedTime(context.StartedAt), TimeSpan.FromMicroseconds(exchange?.QueueMicroseconds ?? 0));
    }

    /// <summary>A request of HTTP/1.1 was answered before there was one: a GET, with 200, at once.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="target">Its target as it came.</param>
    /// <param name="bytes">Bytes of the answer's body.</param>
    public void OnAnswered(ClientConnection connection, ReadOnlySpan<byte> target, long bytes)
    {
        metrics?.Add(StatusCodes.Status200OK, TimeSpan.Zero, TimeSpan.Zero);
        log?.Write(
            connection.FactsFor(HttpProtocol.Http11).Client, HttpMethods.Get, Encoding.Latin1.GetString(target), HttpProtocol.Http11,
            StatusCodes.Status200OK, bytes, TimeSpan.Zero, TimeSpan.Zero);
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

        Write(connection.FactsFor(request.Protocol ?? ""), failure, request, status, 0, TimeSpan.Zero, TimeSpan.Zero);
    }

    private void Write(
        RequestFacts facts, Failure failure, IHttpRequestFeature request, int status, long bytes, TimeSpan elapsed, TimeSpan queued)
    {
        metrics?.Add(status, elapsed, queued);
        if (failure is not Failure.None)
        {
            metrics?.AddFailure((int)failure);
        }

        log?.Write(
            facts.Client, Known(request.Method), Known(request.RawTarget), Known(request.Protocol), status, bytes, elapsed, queued);
    }

    // Of a head that breaks off there may be nothing.
    private static string Known(string? part) => string.IsNullOrEmpty(part) ? "-" : part;
}
