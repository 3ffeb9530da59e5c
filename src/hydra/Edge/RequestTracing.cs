using System.Diagnostics;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Tracing;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Edge;

/// <summary>Traces requests, also those that the front answers by itself. Any thread.</summary>
/// <param name="tracer">Decides which are recorded.</param>
/// <param name="pools">The names of the applications, by their numbers, where there are several; else none.</param>
internal sealed class RequestTracing(Tracer tracer, IReadOnlyList<string> pools)
{
    /// <summary>A request begins. Its fields are still as the client has sent them.</summary>
    public void Begin(RequestContext context)
    {
        IHeaderDictionary fields = context.Http.Features.GetRequiredFeature<IHttpRequestFeature>().Headers;
        context.Trace = tracer.Begin(fields.TraceParent, fields.TraceState, context.StartedAt);
        if (context.Trace.Trace is not null)
        {
            context.KeepHost();
        }
    }

    /// <summary>A request is over.</summary>
    /// <param name="context">The request.</param>
    /// <param name="exchange">Where it has come as far as a worker's queue; else null.</param>
    /// <param name="status">What the client got.</param>
    /// <param name="failure">Why there was no answer, or not all of it; empty where there was.</param>
    public void End(RequestContext context, HttpExchange? exchange, int status, string failure)
    {
        if (context.Trace.Trace is not { } trace)
        {
            return;
        }

        IHttpRequestFeature request = context.Http.Features.GetRequiredFeature<IHttpRequestFeature>();
        RequestFacts facts = context.Facts;
        if (exchange is { AnsweredAt: not 0 and var answeredAt })
        {
            trace.OnAnswered(answeredAt);
        }

        bool isRefused = context.Failure is Failure.QueueFull or Failure.QueueTimeout or Failure.Closing && exchange is not null;
        trace.Facts = Facts(facts) with
        {
            Method = request.Method,
            Target = request.RawTarget,
            Status = status,
            Failure = failure,
            Host = facts.Host ?? context.AskedHost ?? (request.Headers.Host.ToString() is { Length: > 0 } host ? host : Reached(facts)),
            UserAgent = request.Headers.UserAgent.ToString(),
            RequestId = context.RequestId,
            Pool = (uint)context.Pool < (uint)pools.Count ? pools[context.Pool] : null,
            RefusedAfter = isRefused ? exchange!.QueueMicroseconds : null,
        };
        tracer.Queue.Add(trace);
    }

    /// <summary>A request was answered before there was one: a GET of HTTP/1.1, with 200, at once. It belongs to no trace.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="request">The request.</param>
    public void OnAnswered(ClientConnection connection, in QuickRequest request)
    {
        if (tracer.SamplesOne(out TraceLink link, Stopwatch.GetTimestamp()))
        {
            IHeaderDictionary fields = request.Fields();
            Add(link.Trace!, connection.FactsFor(HttpProtocol.Http11), HttpMethods.Get, Encoding.Latin1.GetString(request.Target), fields, StatusCodes.Status200OK, "");
        }
    }

    /// <summary>A head was refused before there was a request.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="request">As much of the head as was read.</param>
    /// <param name="status">What the client got.</param>
    /// <param name="failure">Why.</param>
    public void OnRefused(ClientConnection connection, IHttpRequestFeature request, int status, string failure)
    {
        TraceLink link = tracer.Begin(request.Headers.TraceParent, request.Headers.TraceState, Stopwatch.GetTimestamp());
        if (link.Trace is { } trace)
        {
            Add(trace, connection.FactsFor(request.Protocol ?? ""), request.Method ?? "", request.RawTarget ?? "", request.Headers, status, failure);
        }
    }

    private static TraceFacts Facts(RequestFacts facts) => new()
    {
        EndedOn = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100,
        EndedAt = Stopwatch.GetTimestamp(),
        Scheme = facts.Scheme,
        HttpVersion = facts.HttpVersion,
        ClientHost = facts.ClientHost,
        ClientPort = facts.ClientPort,
    };

    private static string Reached(RequestFacts facts) => facts.ServerPort == 0 ? facts.ServerHost
        : facts.ServerHost.Contains(':', StringComparison.Ordinal) ? $"[{facts.ServerHost}]:{facts.ServerPort}" : $"{facts.ServerHost}:{facts.ServerPort}";

    private void Add(RequestTrace trace, RequestFacts facts, string method, string target, IHeaderDictionary fields, int status, string failure)
    {
        trace.Facts = Facts(facts) with
        {
            Method = method,
            Target = target,
            Status = status,
            Failure = failure,
            Host = fields.Host.ToString() is { Length: > 0 } host ? host : Reached(facts),
            UserAgent = fields.UserAgent.ToString(),
        };
        tracer.Queue.Add(trace);
    }
}
