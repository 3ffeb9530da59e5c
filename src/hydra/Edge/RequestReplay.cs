using System.Diagnostics;
using System.Globalization;
using Hydra.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>Sends requests that were kept to a worker again, through the queue.</summary>
/// <param name="ring">Where they are kept.</param>
/// <param name="forward">What takes requests to workers.</param>
internal sealed class RequestReplay(RequestRing ring, RequestHandler forward)
{
    // Of the response.
    private const int MostBody = 1024 * 1024;

    private static readonly TimeSpan Time = TimeSpan.FromMinutes(5);

    // They belong to the client's connection, or say how the body was framed (RFC 9110, section 7.6.1). Who has asked first has the place in the trace.
    private static readonly HashSet<string> NotSent = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Content-Length", "Expect", "traceparent", "tracestate",

        // What is shown is to be read.
        "Accept-Encoding",
    };

    /// <summary>What is kept.</summary>
    public RequestRing Ring => ring;

    /// <summary>Why one is not sent again; null where it is.</summary>
    /// <param name="recorded">The request.</param>
    /// <param name="isForced">Whether that it may do something twice is meant.</param>
    public static string? Refusal(RecordedRequest recorded, bool isForced)
        => recorded.Missing is { } missing ? $"request {recorded.Id} cannot be sent again: its body was not kept, as {missing}"
            : !isForced && recorded.Method is not ("GET" or "HEAD" or "OPTIONS" or "TRACE")
                ? $"request {recorded.Id} is a {recorded.Method}, which may do again what it has done: --force sends it nevertheless" : null;

    /// <summary>Sends one again.</summary>
    public async Task<ReplayedResponse> SendAsync(RecordedRequest recorded)
    {
        int question = recorded.Target.IndexOf('?', StringComparison.Ordinal);
        var request = new HttpRequestFeature
        {
            Method = recorded.Method,
            Scheme = recorded.Facts.Scheme,
            Protocol = recorded.Protocol,
            Path = question < 0 ? recorded.Target : recorded.Target[..question],
            QueryString = question < 0 ? "" : recorded.Target[question..],
            RawTarget = recorded.Target,
        };
        foreach ((string name, string value) in recorded.Fields.Where(static field => !NotSent.Contains(field.Key)))
        {
            request.Headers.Append(name, value);
        }

        if (recorded.Body.Length > 0)
        {
            request.Headers.ContentLength = recorded.Body.Length;
        }

        using var again = new SentAgain(request, recorded.Body, recorded.Facts, forward, Time, MostBody);
        long started = Stopwatch.GetTimestamp();
        await forward(again.Context).ConfigureAwait(false);
        await again.Context.Http.Response.CompleteAsync().ConfigureAwait(false);
        HttpExchange? exchange = again.Context.Exchange;
        List<KeyValuePair<string, string>> fields = [];
        foreach ((string name, StringValues values) in again.Context.Http.Response.Headers)
        {
            fields.AddRange(values.Select(value => new KeyValuePair<string, string>(name, value ?? "")));
        }

        return new ReplayedResponse(
            again.Context.Http.Response.StatusCode, fields, again.Body, again.IsCut, Stopwatch.GetElapsedTime(started),
            TimeSpan.FromMicroseconds(exchange?.QueueMicroseconds ?? 0), exchange?.WorkerIndex ?? -1);
    }
}

/// <summary>What came of a request that was sent again.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Fields">Its header fields.</param>
/// <param name="Body">Its body, or the beginning of it.</param>
/// <param name="IsCut">Whether there was more of it.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Queued">How long of that it has waited.</param>
/// <param name="Worker">The number of the worker that has answered; below 0 for none.</param>
internal sealed record ReplayedResponse(
    int Status, IReadOnlyList<KeyValuePair<string, string>> Fields, byte[] Body, bool IsCut, TimeSpan Took, TimeSpan Queued, int Worker);
