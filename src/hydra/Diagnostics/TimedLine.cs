namespace Hydra.Diagnostics;

/// <summary>
/// A line like <c>2026-11-24 01:44:54.123 +0100 127.0.0.1:51234 - "GET /path HTTP/1.1" 200 1234 0.8ms</c>, and behind it <c>queue=0.5ms</c> when the request
/// has waited for a worker.
/// </summary>
internal static class TimedLine
{
    private const int MaximumTarget = 8 << 10;

    /// <summary>Appends the line, without its end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="local">When the request was over, as the wall shows it.</param>
    /// <param name="entry">The request.</param>
    public static void Write(LineBuilder line, DateTimeOffset local, in AccessEntry entry)
    {
        ReadOnlySpan<char> target = Known(entry.Target);

        // A quotation mark or a backslash in the target must not look like the end of the field.
        line.Timestamp(local).Raw(" "u8).Safe(entry.Client, allowLines: false).Raw(" - \""u8);
        line.Safe(Known(entry.Method), allowLines: false, "\"\\ ").Raw(" "u8);
        line.Safe(target[..Math.Min(target.Length, MaximumTarget)], allowLines: false, "\"\\ ");
        line.Raw(target.Length > MaximumTarget ? "… " : " ").Raw(Known(entry.Protocol)).Raw("\" "u8);
        if (entry.Status == 0)
        {
            line.Raw("-"u8);
        }
        else
        {
            line.Number(entry.Status);
        }

        line.Raw(" "u8).Number(entry.Bytes).Raw(" "u8);
        Milliseconds(line, entry.Elapsed);
        if (entry.Queued > TimeSpan.Zero)
        {
            line.Raw(" queue="u8);
            Milliseconds(line, entry.Queued);
        }
    }

    // Of a head that breaks off there may be nothing.
    private static string Known(string part) => part.Length == 0 ? "-" : part;

    private static void Milliseconds(LineBuilder line, TimeSpan time)
    {
        // A tick is 100 ns.
        long tenths = (time.Ticks + 500) / 1000;
        line.Number(tenths / 10).Raw("."u8).Number(tenths % 10).Raw("ms"u8);
    }
}
