using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hydra.Diagnostics;

namespace Hydra.Tracing;

/// <summary>Writes records of requests as an ExportTraceServiceRequest of OTLP 1.x in JSON, with the names of the semantic conventions for HTTP.</summary>
/// <param name="resource">What the server is.</param>
/// <param name="version">The server's version.</param>
internal sealed class OtlpJson(IReadOnlyList<KeyValuePair<string, string>> resource, string version)
{
    // Of a longer text this much is kept.
    private const int LongestText = 1024;

    // Span.kind, Status.code and SpanFlags of opentelemetry.proto.trace.v1.
    private const int Internal = 1;
    private const int Server = 2;
    private const int Client = 3;
    private const int Error = 2;
    private const int ParentIsKnown = 0x100;
    private const int ParentIsRemote = 0x200;

    // Those of RFC 9110 and RFC 5789 (http.request.method). What clients invent is no name of a span.
    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal) { "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY" };

    /// <summary>Writes some.</summary>
    public byte[] Write(IReadOnlyList<RequestTrace> traces)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("resourceSpans"u8);
            json.WriteStartObject();
            json.WriteStartObject("resource"u8);
            json.WriteStartArray("attributes"u8);
            foreach ((string name, string value) in resource)
            {
                Attribute(json, name, value);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("scopeSpans"u8);
            json.WriteStartObject();
            json.WriteStartObject("scope"u8);
            json.WriteString("name"u8, "hydra"u8);
            json.WriteString("version"u8, version);
            json.WriteEndObject();
            json.WriteStartArray("spans"u8);
            foreach (RequestTrace trace in traces)
            {
                WriteTrace(json, trace);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteTrace(Utf8JsonWriter json, RequestTrace trace)
    {
        TraceFacts facts = trace.Facts;
        WriteServer(json, trace, facts);
        for (int i = 0; i < trace.Tries.Count; i++)
        {
            WorkerTry one = trace.Tries[i];
            WriteQueue(json, trace, Moment(facts, one.SentAt), one.Queued, failure: null, i);
            WriteWorker(json, trace, one, i);
        }

        if (facts.RefusedAfter is { } waited)
        {
            WriteQueue(json, trace, facts.EndedOn, waited, facts.Failure, trace.Tries.Count);
        }
    }

    private static void WriteServer(Utf8JsonWriter json, RequestTrace trace, TraceFacts facts)
    {
        bool isKnown = Methods.Contains(facts.Method);
        Begin(json, trace, trace.Span, trace.Parent?.Span ?? 0, isKnown ? facts.Method : "HTTP", Server, trace.Parent is null ? 0 : ParentIsKnown | ParentIsRemote);
        Times(json, Moment(facts, trace.StartedAt), facts.EndedOn);
        json.WriteStartArray("attributes"u8);
        Attribute(json, "http.request.method", isKnown ? facts.Method : "_OTHER");
        if (!isKnown && facts.Method.Length > 0)
        {
            Attribute(json, "http.request.method_original", facts.Method);
        }

        int query = facts.Target.IndexOf('?', StringComparison.Ordinal);
        Attribute(json, "url.path", query < 0 ? facts.Target : facts.Target[..query]);
        Attribute(json, "url.scheme", facts.Scheme);
        Attribute(json, "network.protocol.version", facts.HttpVersion);
        if (facts.Status > 0)
        {
            Number(json, "http.response.status_code", facts.Status);
        }

        if (facts.Host.Length > 0 && HostAndPort.TryRead(facts.Host, 0, out string host, out int port))
        {
            Attribute(json, "server.address", host);
            Number(json, "server.port", port);
        }

        Attribute(json, "client.address", facts.ClientHost);
        Number(json, "client.port", facts.ClientPort);
        Attribute(json, "user_agent.original", facts.UserAgent);
        Attribute(json, "hydra.request_id", facts.RequestId ?? "");
        Attribute(json, "hydra.pool", facts.Pool ?? "");
        Attribute(json, "hydra.failure", facts.Failure);
        string? error = ErrorOf(facts);
        Attribute(json, "error.type", error ?? "");
        json.WriteEndArray();
        if (trace.Tries.Count > 1)
        {
            WriteRetries(json, trace, facts);
        }

        End(json, error);
    }

    // What is wrong with the server, by the conventions: a status of 5xx, or an answer that was cut off. A client's mistakes and those who leave are none.
    private static string? ErrorOf(TraceFacts facts)
    {
        bool isCut = facts.Failure.Length > 0 && facts.Status is > 0 and < 400;
        return facts.Status >= 500 || isCut ? facts.Failure.Length > 0 ? facts.Failure : facts.Status.ToString(CultureInfo.InvariantCulture) : null;
    }

    private static void WriteRetries(Utf8JsonWriter json, RequestTrace trace, TraceFacts facts)
    {
        json.WriteStartArray("events"u8);
        foreach (WorkerTry lost in trace.Tries.SkipLast(1))
        {
            json.WriteStartObject();
            Nanoseconds(json, "timeUnixNano"u8, Moment(facts, lost.EndedAt));
            json.WriteString("name"u8, "retry"u8);
            json.WriteStartArray("attributes"u8);
            Attribute(json, "error.type", lost.Failure ?? "");
            Number(json, "hydra.worker", lost.Worker, evenZero: true);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteQueue(Utf8JsonWriter json, RequestTrace trace, long end, uint waited, string? failure, int resent)
    {
        Begin(json, trace, TraceParent.NewId(), trace.Span, "queue", Internal, ParentIsKnown);
        Times(json, Math.Max(end - (waited * 1000L), Moment(trace.Facts, trace.StartedAt)), end);
        json.WriteStartArray("attributes"u8);
        Number(json, "http.request.resend_count", resent);
        Attribute(json, "error.type", failure ?? "");
        json.WriteEndArray();
        End(json, failure);
    }

    private static void WriteWorker(Utf8JsonWriter json, RequestTrace trace, WorkerTry one, int resent)
    {
        TraceFacts facts = trace.Facts;
        Begin(json, trace, one.Span, trace.Span, "worker", Client, ParentIsKnown);
        Times(json, Moment(facts, one.SentAt), one.EndedAt == 0 ? facts.EndedOn : Moment(facts, one.EndedAt));
        json.WriteStartArray("attributes"u8);
        Number(json, "hydra.worker", one.Worker, evenZero: true);
        Number(json, "http.request.resend_count", resent);
        Attribute(json, "error.type", one.Failure ?? "");
        json.WriteEndArray();
        if (one.AcceptedAt != 0)
        {
            json.WriteStartArray("events"u8);
            json.WriteStartObject();
            Nanoseconds(json, "timeUnixNano"u8, Moment(facts, one.AcceptedAt));
            json.WriteString("name"u8, "accepted"u8);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        // One who has left, and a session that the client has ended, are nobody's mistake.
        End(json, one.Failure is "client_gone" ? null : one.Failure);
    }

    private static void Begin(Utf8JsonWriter json, RequestTrace trace, ulong span, ulong parent, string name, int kind, int flags)
    {
        Span<byte> hex = stackalloc byte[32];
        TraceParent.WriteHex(trace.Own.High, hex);
        TraceParent.WriteHex(trace.Own.Low, hex[16..]);
        json.WriteStartObject();
        json.WriteString("traceId"u8, hex);
        TraceParent.WriteHex(span, hex);
        json.WriteString("spanId"u8, hex[..16]);
        if (parent != 0)
        {
            TraceParent.WriteHex(parent, hex);
            json.WriteString("parentSpanId"u8, hex[..16]);
        }

        if (trace.State.Length > 0)
        {
            json.WriteString("traceState"u8, trace.State);
        }

        json.WriteNumber("flags"u8, trace.Own.Flags | flags);
        json.WriteString("name"u8, name);
        json.WriteNumber("kind"u8, kind);
    }

    private static void Times(Utf8JsonWriter json, long start, long end)
    {
        Nanoseconds(json, "startTimeUnixNano"u8, start);
        Nanoseconds(json, "endTimeUnixNano"u8, Math.Max(start, end));
    }

    private static void End(Utf8JsonWriter json, string? error)
    {
        if (error is { Length: > 0 })
        {
            json.WriteStartObject("status"u8);
            json.WriteNumber("code"u8, Error);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    // By the clock, counted back from the end: it may have been set meanwhile.
    private static long Moment(TraceFacts facts, long timestamp) => facts.EndedOn - (Stopwatch.GetElapsedTime(timestamp, facts.EndedAt).Ticks * 100);

    // 64 bits are texts in the JSON of protobuf.
    private static void Nanoseconds(Utf8JsonWriter json, ReadOnlySpan<byte> name, long value)
    {
        Span<char> text = stackalloc char[20];
        _ = value.TryFormat(text, out int count, provider: CultureInfo.InvariantCulture);
        json.WriteString(name, text[..count]);
    }

    private static void Number(Utf8JsonWriter json, string name, long value, bool evenZero = false)
    {
        if (value > 0 || evenZero)
        {
            json.WriteStartObject();
            json.WriteString("key"u8, name);
            json.WriteStartObject("value"u8);
            Nanoseconds(json, "intValue"u8, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void Attribute(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("key"u8, name);
            json.WriteStartObject("value"u8);
            WriteValue(json, name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    // A number in 64 bits is a text in the JSON of protocol buffers. Of what is written here by these means the process alone is one.
    private static void WriteValue(Utf8JsonWriter json, string name, string value)
    {
        if (name == "process.pid" && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            json.WriteString("intValue"u8, value);
        }
        else
        {
            json.WriteString("stringValue"u8, value.AsSpan(0, Math.Min(value.Length, LongestText)));
        }
    }
}
