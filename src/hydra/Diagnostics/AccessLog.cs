using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>
/// One line for each request in its <see cref="AccessFormat"/>: buffered, written within a second. Any thread may call; no call waits for the stream.
/// </summary>
internal sealed class AccessLog : IDisposable
{
    private readonly OutputPump _pump;
    private readonly LocalClock _clock;
    private readonly IReadOnlyList<AccessSkip> _skips;

    /// <summary>Starts the log.</summary>
    /// <param name="stream">Standard output, or a <see cref="LogFile"/>; not closed.</param>
    /// <param name="logger">Told when lines were lost.</param>
    /// <param name="format">What lines look like.</param>
    /// <param name="skips">Requests that have none.</param>
    /// <param name="time">The clock and the time zone.</param>
    /// <param name="options">The bounds of the queue.</param>
    public AccessLog(
        Stream stream, ILogger logger, AccessFormat format, IReadOnlyList<AccessSkip>? skips = null, TimeProvider? time = null, OutputPumpOptions? options = null)
    {
        Format = format;
        _skips = skips ?? [];
        _clock = new LocalClock(time ?? TimeProvider.System);
        _pump = new OutputPump(stream, options ?? OutputPumpOptions.Batched, "hydra access log", lost =>
        {
            DiagnosticsLog.AccessLinesLost(logger, lost);
            return default;
        });
    }

    /// <summary>What lines look like.</summary>
    public AccessFormat Format { get; }

    /// <summary>Whether those who read the short format see colours.</summary>
    public bool UsesColors { get; init; }

    /// <summary>Queues a line, unless the request is one of those that have none.</summary>
    public void Write(in AccessEntry entry)
    {
        for (int i = 0; i < _skips.Count; i++)
        {
            if (_skips[i].Takes(entry.Path, entry.Status))
            {
                return;
            }
        }

        DateTimeOffset now = _clock.Now;
        LineBuilder line = LineBuilder.Rent();
        if (Format.IsJson)
        {
            AccessJson.Write(line, now, entry);
        }
        else if (Format.IsTimed)
        {
            TimedLine.Write(line, _clock.ToLocal(now), entry);
        }
        else if (Format.IsShort)
        {
            ShortLine.Write(line, _clock.ToLocal(now), entry, UsesColors);
        }
        else
        {
            AccessLine.Write(line, Format, _clock.ToLocal(now), entry);
        }

        _pump.TryWrite(line.Raw("\n"u8).Written);
    }

    /// <summary>Waits until what was queued is written, but no longer than <paramref name="timeout"/>.</summary>
    public bool Flush(TimeSpan timeout) => _pump.Flush(timeout);

    /// <summary>Writes what is queued and stops.</summary>
    public void Dispose() => _pump.Dispose();
}
