using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>What the server says, as JSON for collectors: one object a line, of the same members as what workers say (<see cref="WorkerJson"/>).</summary>
internal static class ServerJson
{
    private const string TracebackMark = "Traceback (most recent call last):";

    // For a log and not for a page: only what JSON itself demands is escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A record of the server's own, with its end.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="created">When it was made.</param>
    /// <param name="logger">The name of its logger.</param>
    /// <param name="message">The text.</param>
    /// <param name="exception">A traceback, or nothing.</param>
    public static ReadOnlySpan<byte> Record(LogLevel level, DateTimeOffset created, string logger, ReadOnlySpan<char> message, ReadOnlySpan<char> exception)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + message.Length);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("hydra"u8);
            json.WriteNumber("pid"u8, Environment.ProcessId);
            json.WriteEndObject();
            json.WriteString("timestamp"u8, created);
            json.WriteString("level"u8, NameOf(level));
            json.WriteString("logger"u8, logger.ToLowerInvariant());
            WriteMessage(json, message, exception);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return JsonEscapes.Of(buffer.WrittenSpan);
    }

    /// <summary>Writes a message, and the traceback that it ends with as a member of its own.</summary>
    public static void WriteMessage(Utf8JsonWriter json, ReadOnlySpan<char> message, ReadOnlySpan<char> exception = default)
    {
        int mark = exception.IsEmpty ? message.IndexOf(TracebackMark) : -1;
        if (mark >= 0)
        {
            // That of a group has an indentation in front.
            int line = message[..mark].LastIndexOf('\n') + 1;
            exception = message[line..];
            message = message[..line].TrimEnd("\r\n");
        }

        if (RequestOf(message) is { IsEmpty: false } request)
        {
            json.WriteString("request_id"u8, request);
        }

        json.WriteString("message"u8, message);
        if (!exception.IsEmpty)
        {
            json.WriteString("exception"u8, exception.TrimEnd("\r\n"));
        }
    }

    /// <summary>The word of a level.</summary>
    public static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Critical => "critical",
        LogLevel.Error => "error",
        LogLevel.Warning => "warning",
        LogLevel.Information => "info",
        LogLevel.Debug => "debug",
        _ => "trace",
    };

    // What a message says of its request: "[request ID]" at its end.
    private static ReadOnlySpan<char> RequestOf(ReadOnlySpan<char> message)
    {
        const string Mark = "[request ";
        int start = message.EndsWith("]") ? message.LastIndexOf(Mark) : -1;
        ReadOnlySpan<char> id = start < 0 ? default : message[(start + Mark.Length)..^1];
        return id.Contains(' ') ? default : id;
    }
}
