using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hydra.Tracing;

/// <summary>What a collector has said to what it was sent.</summary>
/// <param name="Status">Its status; 0 where it is no answer of HTTP.</param>
/// <param name="RetryAfter">How long it wants to be left alone; null where it does not say so.</param>
/// <param name="Rejected">Spans that it has not taken, though the others (partialSuccess).</param>
/// <param name="Message">What it says of them; empty for nothing.</param>
internal sealed record OtlpAnswer(int Status, TimeSpan? RetryAfter, long Rejected, string Message)
{
    /// <summary>What is no answer.</summary>
    public static OtlpAnswer None { get; } = new(0, null, 0, "");

    /// <summary>Whether it has taken the spans.</summary>
    public bool IsTaken => Status is >= 200 and < 300;

    /// <summary>Whether the same may be sent again (OTLP specification, retryable response codes).</summary>
    public bool IsRetryable => Status is 429 or 502 or 503 or 504;

    /// <summary>Reads what has come so far.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="isEnd">Whether no more comes.</param>
    /// <param name="now">The time, for a Retry-After that is a date.</param>
    /// <param name="answer">The answer, when it is there.</param>
    /// <returns>False where more has to come.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, bool isEnd, DateTimeOffset now, out OtlpAnswer answer)
    {
        answer = None;
        while (true)
        {
            int end = bytes.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return isEnd || (bytes.Length >= 5 && !bytes.StartsWith("HTTP/"u8));
            }

            string[] lines = Encoding.Latin1.GetString(bytes[..end]).Split("\r\n");
            bytes = bytes[(end + 4)..];
            string[] words = lines[0].Split(' ');
            if (words.Length < 2 || !words[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int status))
            {
                return true;
            }

            if (status is < 100 or >= 200)
            {
                return TryReadBody(status, lines, bytes, isEnd, now, out answer);
            }
        }
    }

    private static bool TryReadBody(int status, string[] lines, ReadOnlySpan<byte> bytes, bool isEnd, DateTimeOffset now, out OtlpAnswer answer)
    {
        answer = None;
        byte[]? body;
        if (Field(lines, "transfer-encoding") is { } coding && coding.EndsWith("chunked", StringComparison.OrdinalIgnoreCase))
        {
            body = Unchunk(bytes);
        }
        else if (long.TryParse(Field(lines, "content-length"), NumberStyles.None, CultureInfo.InvariantCulture, out long length))
        {
            body = bytes.Length >= length ? bytes[..(int)length].ToArray() : null;
        }
        else
        {
            body = isEnd || status == StatusCodes.Status204NoContent ? bytes.ToArray() : null;
        }

        if (body is null && !isEnd)
        {
            return false;
        }

        (long rejected, string message) = status < 300 ? Partial(body ?? []) : (0, "");
        answer = new OtlpAnswer(status, Delay(Field(lines, "retry-after"), now), rejected, message);
        return true;
    }

    // RFC 9110, section 10.2.3.
    private static TimeSpan? Delay(string? text, DateTimeOffset now)
        => text is null ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date) && date > now ? date - now
            : null;

    private static string? Field(string[] lines, string name)
        => lines.FirstOrDefault(line => line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    // Null where its end has not come, or it is none.
    private static byte[]? Unchunk(ReadOnlySpan<byte> bytes)
    {
        List<byte> body = [];
        while (true)
        {
            int line = bytes.IndexOf("\r\n"u8);
            if (line < 0 || !int.TryParse(Encoding.Latin1.GetString(bytes[..line]).Split(';')[0].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int size) || size < 0)
            {
                return null;
            }

            bytes = bytes[(line + 2)..];
            if (size == 0)
            {
                return [.. body];
            }

            if (bytes.Length < size + 2L)
            {
                return null;
            }

            body.AddRange(bytes[..size]);
            bytes = bytes[(size + 2)..];
        }
    }

    // ExportTraceServiceResponse. What is none says nothing.
    private static (long Rejected, string Message) Partial(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind is not JsonValueKind.Object
                || !document.RootElement.TryGetProperty("partialSuccess"u8, out JsonElement partial) || partial.ValueKind is not JsonValueKind.Object)
            {
                return (0, "");
            }

            long rejected = partial.TryGetProperty("rejectedSpans"u8, out JsonElement count) && long.TryParse(count.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
            return (rejected, partial.TryGetProperty("errorMessage"u8, out JsonElement message) ? message.ToString() : "");
        }
        catch (JsonException)
        {
            return (0, "");
        }
    }
}
