using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>
/// One line for each request, like <c>2026-11-24 01:44:54.123 127.0.0.1:51234 - "GET /path HTTP/1.1" 200 1234 0.8ms</c>, and behind it
/// <c>queue=0.5ms</c> when the request has waited for a worker: buffered, written within a second. Any thread may call; no call waits
/// for the stream.
/// </summary>
internal sealed class AccessLog : IDisposable
{
    private const int MaximumTarget = 8 << 10;

    private readonly OutputPump _pump;
    private readonly LocalClock _clock;

    /// <summary>Starts the log.</summary>
    /// <param name="stream">Standard output, mostly; not closed.</param>
    /// <param name="logger">Told when lines were lost.</param>
    /// <param name="time">The clock and the time zone.</param>
    /// <param name="options">The bounds of the queue.</param>
    public AccessLog(Stream stream, ILogger logger, TimeProvider? time = null, OutputPumpOptions? options = null)
    {
        _clock = new LocalClock(time ?? TimeProvider.System);
        _pump = new OutputPump(stream, options ?? OutputPumpOptions.Batched, "hydra access log", lost =>
        {
            DiagnosticsLog.AccessLinesLost(logger, lost);
            return default;
        });
    }

    /// <summary>Queues a line.</summary>
    /// <param name="remote">The client: address and port, or "unix".</param>
    /// <param name="method">The method as sent.</param>
    /// <param name="target">Path and query as sent.</param>
    /// <param name="protocol">HTTP/1.1 or HTTP/2.</param>
    /// <param name="status">The status that the client got, or 0 when it got none.</param>
    /// <param name="bytes">Bytes of the response's body.</param>
    /// <param name="elapsed">From the request's head to the end of the response.</param>
    /// <param name="queued">The part of it that the request has waited for a worker; zero when it did not wait.</param>
    public void Write(
        ReadOnlySpan<char> remote,
        ReadOnlySpan<char> method,
        ReadOnlySpan<char> target,
        ReadOnlySpan<char> protocol,
        int status,
        long bytes,
        TimeSpan elapsed,
        TimeSpan queued = default)
        => End(Begin().Safe(remote, allowLines: false), method, target, protocol, status, bytes, elapsed, queued);

    /// <summary>Waits until what was queued is written, but no longer than <paramref name="timeout"/>.</summary>
    public bool Flush(TimeSpan timeout) => _pump.Flush(timeout);

    /// <summary>Writes what is queued and stops.</summary>
    public void Dispose() => _pump.Dispose();

    private LineBuilder Begin() => LineBuilder.Rent().Timestamp(_clock.ToLocal(_clock.Now)).Raw(" "u8);

    private void End(
        LineBuilder line,
        ReadOnlySpan<char> method,
        ReadOnlySpan<char> target,
        ReadOnlySpan<char> protocol,
        int status,
        long bytes,
        TimeSpan elapsed,
        TimeSpan queued)
    {
        // A quotation mark or a backslash in the target must not look like the end of the field.
        line.Raw(" - \""u8).Safe(method, allowLines: false, "\"\\ ").Raw(" "u8);
        line.Safe(target[..Math.Min(target.Length, MaximumTarget)], allowLines: false, "\"\\ ");
        line.Raw(target.Length > MaximumTarget ? "… " : " ").Raw(protocol).Raw("\" "u8);
        if (status == 0)
        {
            line.Raw("-"u8);
        }
        else
        {
            line.Number(status);
        }

        line.Raw(" "u8).Number(bytes).Raw(" "u8);
        Milliseconds(line, elapsed);
        if (queued > TimeSpan.Zero)
        {
            line.Raw(" queue="u8);
            Milliseconds(line, queued);
        }

        line.Raw("\n"u8);
        _pump.TryWrite(line.Written);
    }

    private static void Milliseconds(LineBuilder line, TimeSpan time)
    {
        // A tick is 100 ns.
        long tenths = (time.Ticks + 500) / 1000;
        line.Number(tenths / 10).Raw("."u8).Number(tenths % 10).Raw("ms"u8);
    }
}
