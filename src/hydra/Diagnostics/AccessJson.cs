using System.Buffers;

namespace Hydra.Diagnostics;

/// <summary>A line of the access log as a JSON object. Members that have nothing to say are not there.</summary>
internal static class AccessJson
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private const int TraceStart = 3;
    private const int TraceLength = 32;

    /// <summary>Appends the object, without a line's end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="now">When the request was over.</param>
    /// <param name="entry">The request.</param>
    public static void Write(LineBuilder line, DateTimeOffset now, in AccessEntry entry)
    {
        line.Raw("{\"timestamp\":\""u8).UtcTime(now).Raw("\",\"client\":"u8).Json(entry.Client);
        Text(line, ",\"method\":"u8, entry.Method);
        Text(line, ",\"path\":"u8, entry.Path);
        Text(line, ",\"query\":"u8, entry.Query);
        Text(line, ",\"protocol\":"u8, entry.Protocol);
        line.Raw(",\"status\":"u8).Number(entry.Status).Raw(",\"bytes\":"u8).Number(entry.Bytes);
        line.Raw(",\"duration_ms\":"u8).Milliseconds(entry.Elapsed).Raw(",\"queue_ms\":"u8).Milliseconds(entry.Queued);
        if (entry.Worker >= 0)
        {
            line.Raw(",\"worker\":"u8).Number(entry.Worker);
        }

        Text(line, ",\"request_id\":"u8, entry.RequestId);
        Text(line, ",\"trace_id\":"u8, entry.TraceId ?? TraceOf(entry.RequestHeader("traceparent")));
        Text(line, ",\"referer\":"u8, entry.RequestHeader("Referer"));
        Text(line, ",\"user_agent\":"u8, entry.RequestHeader("User-Agent"));
        Text(line, ",\"host\":"u8, entry.RequestHeader("Host"));
        Text(line, ",\"scheme\":"u8, entry.Scheme);
        Text(line, ",\"failure\":"u8, entry.Failure);
        line.Raw("}"u8);
    }

    /// <summary>Milliseconds with three digits behind the point.</summary>
    public static LineBuilder Milliseconds(this LineBuilder line, TimeSpan time)
    {
        // A tick is 100 ns.
        long microseconds = Math.Max(0, (time.Ticks + 5) / 10);
        return line.Number(microseconds / 1000).Raw("."u8).Digits((int)(microseconds % 1000), 3);
    }

    // 00-TRACE-PARENT-FLAGS (W3C Trace Context, section 3.2.2).
    private static ReadOnlySpan<char> TraceOf(string parent)
    {
        bool isTrace = parent.Length >= TraceStart + TraceLength + 1 && parent[2] == '-' && parent[TraceStart + TraceLength] == '-'
            && !parent.AsSpan(TraceStart, TraceLength).ContainsAnyExcept(LowerHex);
        return isTrace ? parent.AsSpan(TraceStart, TraceLength) : default;
    }

    private static void Text(LineBuilder line, ReadOnlySpan<byte> name, ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty)
        {
            line.Raw(name).Json(text);
        }
    }
}
