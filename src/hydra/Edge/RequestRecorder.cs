using System.Diagnostics;
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
        HttpExchange? exchange = context.Exchange;
        Write(
            context.Facts, context.Failure, request, context.Http.Response.StatusCode, exchange?.BytesReceived ?? 0,
            Stopwatch.GetElapsedTime(context.StartedAt), TimeSpan.FromMicroseconds(exchange?.QueueMicroseconds ?? 0));
    }

    /// <summary>A head was refused before there was a request.</summary>
    /// <param name="facts">What is known of its connection.</param>
    /// <param name="request">As much of the head as was read.</param>
    /// <param name="status">What the client got.</param>
    public void OnRefused(RequestFacts facts, IHttpRequestFeature request, int status)
        => Write(facts, FailureRules.OfRefusedHead(status), request, status, 0, TimeSpan.Zero, TimeSpan.Zero);

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
