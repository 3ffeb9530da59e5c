using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>
/// What workers say, as JSON for collectors: one object a line. All that is the server's stands in the member "hydra", which is put first
/// into a line that is an object already; other lines and records become the member "message" of an object.
/// </summary>
internal static class WorkerJson
{
    // For a log and not for a page: only what JSON itself demands is escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A log record.</summary>
    public static ReadOnlySpan<byte> Record(
        LogLevel level, DateTimeOffset created, WorkerOrigin origin, ReadOnlySpan<char> logger, ReadOnlySpan<char> message)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + message.Length);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            WriteOrigin(json, origin, null);
            json.WriteString("timestamp"u8, created);
            json.WriteString("level"u8, ServerJson.NameOf(level));
            json.WriteString("logger"u8, logger);
            ServerJson.WriteMessage(json, message);
            json.WriteEndObject();
        }

        return Ended(buffer);
    }

    /// <summary>A printed line.</summary>
    public static ReadOnlySpan<byte> Line(DateTimeOffset now, WorkerOrigin origin, bool isError, string line)
    {
        byte[] text = Encoding.UTF8.GetBytes(line.Trim());
        var buffer = new ArrayBufferWriter<byte>(256 + text.Length);
        bool isObject = IsObject(text);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            WriteOrigin(json, origin, isError ? "stderr" : "stdout");
            if (!isObject)
            {
                json.WriteString("timestamp"u8, now);
                json.WriteString("message"u8, line);
            }

            json.WriteEndObject();
        }

        return isObject ? Merged(buffer, text) : Ended(buffer);
    }

    private static void WriteOrigin(Utf8JsonWriter json, WorkerOrigin origin, string? stream)
    {
        json.WriteStartObject("hydra"u8);
        if (origin.Pool.Length > 0)
        {
            json.WriteString("pool"u8, origin.Pool);
        }

        if (origin.Worker >= 0)
        {
            json.WriteNumber("worker"u8, origin.Worker);
        }

        if (origin.Worker == WorkerLog.Hook)
        {
            json.WriteBoolean("hook"u8, true);
        }

        json.WriteNumber("pid"u8, origin.Pid);
        if (stream is not null)
        {
            json.WriteString("stream"u8, stream);
        }

        json.WriteEndObject();
    }

    // {"hydra":{…}} and {"event":1} are {"hydra":{…},"event":1}.
    private static ReadOnlySpan<byte> Merged(ArrayBufferWriter<byte> origin, ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line[1..].TrimStart(" \t"u8);
        return JsonEscapes.Of((byte[])[.. origin.WrittenSpan[..^1], .. rest[0] == (byte)'}' ? ""u8 : ","u8, .. rest, (byte)'\n']);
    }

    private static ReadOnlySpan<byte> Ended(ArrayBufferWriter<byte> buffer)
    {
        buffer.Write("\n"u8);
        return JsonEscapes.Of(buffer.WrittenSpan);
    }

    private static bool IsObject(ReadOnlySpan<byte> line)
    {
        if (line.Length < 2 || line[0] != (byte)'{' || line[^1] != (byte)'}')
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(line);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>Who says something.</summary>
/// <param name="Pool">What tells its application from others; empty where there are none.</param>
/// <param name="Worker">The worker's index; below 0 for the process that workers are forked from, or <see cref="WorkerLog.Hook"/>.</param>
/// <param name="Pid">Its process; 0 where there was none.</param>
internal readonly record struct WorkerOrigin(string Pool, int Worker, int Pid);
