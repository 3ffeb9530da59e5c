using Hydra.Dispatch;
using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>What a failure means.</summary>
/// <param name="Failure">The failure.</param>
/// <param name="Status">What the client gets, unless the response has begun.</param>
/// <param name="Level">How it is logged; <see cref="LogLevel.None"/> where the client's own fault, or somebody else's word, is enough.</param>
/// <param name="Closes">Whether the connection ends with the answer: where the next request begins is not certain.</param>
/// <param name="RetryAfter">
/// Whether the client is told when to come again: after the time that the refusal names, or a second.
/// </param>
/// <param name="Name">What it is counted as, in <c>hydra_failures_total</c>.</param>
/// <param name="Text">The failure as a sentence for the log; what is known beyond that follows behind a colon.</param>
internal sealed record FailureRule(
    Failure Failure, int Status, LogLevel Level, bool Closes, bool RetryAfter, string Name, string Text)
{
    /// <summary>Nobody is there to be answered: the connection is aborted.</summary>
    public bool Aborts => Failure is Failure.ClientGone;
}

/// <summary>The table of failures: the only place that says what becomes of one.</summary>
internal static class FailureRules
{
    /// <summary>One row for each failure, in the order of the enum.</summary>
    public static IReadOnlyList<FailureRule> All { get; } =
    [
        new(Failure.None, 200, LogLevel.None, false, false, "none", ""),
        new(Failure.BadHead, 400, LogLevel.None, true, false, "bad_head", "its head breaks a rule of HTTP"),
        new(Failure.BadLength, 400, LogLevel.None, true, false, "bad_length", "its Content-Length is not a number"),
        new(Failure.BadFieldName, 400, LogLevel.None, true, false, "bad_field_name", "the name of a field has an underscore"),
        new(Failure.HeadTooSlow, 408, LogLevel.None, true, false, "head_too_slow", "its head did not come in time"),
        new(Failure.TargetTooLong, 414, LogLevel.None, true, false, "target_too_long", "its target is too long"),
        new(Failure.HeadTooLarge, 431, LogLevel.None, true, false, "head_too_large", "its header fields are too large"),
        new(Failure.UnknownVersion, 505, LogLevel.None, true, false, "unknown_version", "its version of HTTP is not spoken here"),
        new(Failure.UnknownCoding, 501, LogLevel.None, true, false, "unknown_coding", "its transfer coding is not known"),
        new(Failure.UnknownMethod, 501, LogLevel.None, true, false, "unknown_method", "its method is longer than any"),
        new(Failure.OtherHost, 400, LogLevel.None, false, false, "other_host", "its host is not served here"),
        new(Failure.Misdirected, 421, LogLevel.None, false, false, "misdirected", "its host is not served on this connection"),
        new(Failure.NotMounted, 404, LogLevel.None, false, false, "not_mounted", "no application is mounted there"),
        new(Failure.NoFile, 404, LogLevel.None, false, false, "no_file", "there is no such file"),
        new(Failure.NotCached, 504, LogLevel.None, false, false, "not_cached", "the cache has nothing for it"),
        new(Failure.NotAllowed, 405, LogLevel.None, false, false, "not_allowed", "files are only read"),
        new(Failure.NotImplemented, 501, LogLevel.None, false, false, "not_implemented", "no worker takes such a request"),
        new(Failure.BadHandshake, 400, LogLevel.None, false, false, "bad_handshake", "it asks for a WebSocket without a key"),
        new(Failure.OtherWebSocket, 426, LogLevel.None, false, false, "other_web_socket", "its version of WebSocket is not spoken here"),
        new(Failure.BadBody, 400, LogLevel.None, true, false, "bad_body", "its body breaks a rule of HTTP"),
        new(Failure.LengthRequired, 411, LogLevel.None, true, false, "length_required", "the length of its body has to be known"),
        new(Failure.BodyTooLarge, 413, LogLevel.None, true, false, "body_too_large", "its body is too large"),
        new(Failure.BodyTooSlow, 408, LogLevel.None, true, false, "body_too_slow", "its body comes too slowly"),
        new(Failure.ClientGone, 499, LogLevel.None, true, false, "client_gone", "the client has left"),
        new(Failure.RateLimited, 429, LogLevel.None, false, true, "rate_limited", "its client asks too often"),
        new(Failure.TooManyConnections, 503, LogLevel.None, true, true, "too_many_connections", "too many connections are open"),
        new(Failure.TooManyOfOne, 429, LogLevel.None, true, true, "too_many_of_one", "too many connections of its address are open"),
        new(Failure.Flooded, 429, LogLevel.None, true, true, "flooded", "its connection resets requests or sends empty frames without end"),

        new(Failure.NotAProxy, 403, LogLevel.None, true, false, "not_a_proxy", "it speaks the uwsgi protocol, and is not among those of --uwsgi-allow-from"),
        new(Failure.BadPacket, 400, LogLevel.None, true, false, "bad_packet", "its uwsgi packet cannot be read"),
        new(Failure.UnknownContentCoding, 415, LogLevel.None, false, false, "unknown_content_coding", "the coding of its body is not decoded here"),

        // The dispatcher logs refusals together, not one by one.
        new(Failure.QueueFull, 503, LogLevel.None, false, true, "queue_full", "the queue is full"),
        new(Failure.QueueTimeout, 503, LogLevel.None, false, true, "queue_timeout", "it has waited too long"),
        new(Failure.Closing, 503, LogLevel.None, false, true, "closing", "the server ends"),
        new(Failure.NotStarted, 503, LogLevel.None, false, true, "not_started", "its workers have given it back"),
        new(Failure.WorkerLost, 502, LogLevel.Error, false, false, "worker_lost", "the worker was lost before it answered"),
        new(Failure.Convicted, 500, LogLevel.None, false, false, "convicted", "it has killed workers"),
        new(Failure.TimedOut, 504, LogLevel.Error, false, false, "timed_out", "no response"),

        // Its traceback comes from the worker.
        new(Failure.ApplicationError, 500, LogLevel.None, false, false, "application_error", "the application failed"),
        new(Failure.BadResponse, 500, LogLevel.Error, false, false, "bad_response", "the response is invalid"),
        new(Failure.FileMissing, 404, LogLevel.Warning, false, false, "file_missing", "the file that is to be sent is missing"),
        new(Failure.MemoryShort, 503, LogLevel.None, true, true, "memory_short", "the memory for requests is used up"),
        new(Failure.FileUnreadable, 500, LogLevel.None, false, false, "file_unreadable", "the file cannot be read"),
        new(Failure.BodyLost, 500, LogLevel.Error, false, false, "body_lost", "the request's body was lost"),
    ];

    /// <summary>What the failures are counted as, by their number.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(static rule => rule.Name)];

    /// <summary>The row of a failure.</summary>
    public static FailureRule Rule(this Failure failure) => All[(int)failure];

    /// <summary>The failure of what was refused when it was looked at.</summary>
    public static Failure OfFault(HeadFault fault) => fault switch
    {
        HeadFault.None => Failure.None,
        HeadFault.Length => Failure.BadLength,
        HeadFault.Coding => Failure.UnknownCoding,
        HeadFault.Method => Failure.UnknownMethod,
        HeadFault.TooLarge => Failure.HeadTooLarge,
        HeadFault.Memory => Failure.MemoryShort,
        HeadFault.Chunks => Failure.BadBody,
        HeadFault.LargeChunk => Failure.BodyTooLarge,
        _ => Failure.BadHead,
    };

    /// <summary>The failure of a head that Kestrel has refused, by the status that it answers with.</summary>
    public static Failure OfRefusedHead(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => Failure.HeadTooSlow,
        StatusCodes.Status413PayloadTooLarge => Failure.BodyTooLarge,
        StatusCodes.Status414UriTooLong => Failure.TargetTooLong,
        StatusCodes.Status431RequestHeaderFieldsTooLarge => Failure.HeadTooLarge,
        StatusCodes.Status501NotImplemented => Failure.UnknownCoding,
        StatusCodes.Status503ServiceUnavailable => Failure.MemoryShort,
        StatusCodes.Status505HttpVersionNotsupported => Failure.UnknownVersion,
        _ => Failure.BadHead,
    };
}
