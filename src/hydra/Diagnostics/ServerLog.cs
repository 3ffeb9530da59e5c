using System.Text;
using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>
/// The server's log: lines like <c>2026-11-24 01:44:54.123  [INFO] message</c>, written by a thread of its own. Any thread may call; no
/// call waits for the stream.
/// </summary>
internal sealed class ServerLog : IDisposable
{
    // A longer message is cut: one record must not push all others out.
    private const int MaximumMessage = 128 << 10;

    // What somebody printed is shown as it is; where it is longer than this it came in pieces.
    private const int MaximumLine = 1 << 20;

    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(1);

    private readonly OutputPump _pump;
    private readonly LocalClock _clock;
    private readonly LogShape _shape;
    private readonly EventHandler _onExit;
    private readonly UnhandledExceptionEventHandler _onCrash;
    private volatile LogLevel _minimum;

    /// <summary>Starts the log.</summary>
    /// <param name="stream">Standard error, mostly; not closed.</param>
    /// <param name="minimum">The least severe level that is written.</param>
    /// <param name="shape">How lines look.</param>
    /// <param name="time">The clock and the time zone.</param>
    /// <param name="options">The bounds of the queue.</param>
    public ServerLog(Stream stream, LogLevel minimum, LogShape shape, TimeProvider? time = null, OutputPumpOptions? options = null)
    {
        _minimum = minimum;
        _shape = shape;
        _clock = new LocalClock(time ?? TimeProvider.System);
        _pump = new OutputPump(stream, options ?? OutputPumpOptions.Immediate, "hydra log", LossNotice);
        _onExit = (_, _) => Flush(ExitTimeout);
        _onCrash = (_, _) => Flush(ExitTimeout);
        AppDomain.CurrentDomain.ProcessExit += _onExit;
        AppDomain.CurrentDomain.UnhandledException += _onCrash;
    }

    /// <summary>The least severe level that is written. It may change at any time.</summary>
    public LogLevel Minimum
    {
        get => _minimum;
        set
        {
            _minimum = value;
            LevelChanged?.Invoke();
        }
    }

    /// <summary>Called when <see cref="Minimum"/> has changed, on the thread that did it.</summary>
    public event Action? LevelChanged;

    /// <summary>The last errors that were written.</summary>
    public RecentErrors Recent { get; } = new();

    /// <summary>Now.</summary>
    public DateTimeOffset Now => _clock.Now;

    /// <summary>Whether lines are objects.</summary>
    public bool IsJson => _shape.AsJson;

    /// <summary>Whether records of this level are written.</summary>
    public bool IsEnabled(LogLevel level) => level >= _minimum && level != LogLevel.None;

    /// <summary>Queues a record of the server's own as an object, whatever its level. Only where <see cref="IsJson"/>.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="logger">The name of its logger.</param>
    /// <param name="message">The message.</param>
    /// <param name="exception">A traceback, or nothing.</param>
    public void WriteJson(LogLevel level, string logger, ReadOnlySpan<char> message, ReadOnlySpan<char> exception)
    {
        DateTimeOffset now = Now;
        Recent.Add(level, now, default, message);
        WriteRecord(level, ServerJson.Record(level, now, logger, message[..Math.Min(message.Length, MaximumMessage)], exception[..Math.Min(exception.Length, MaximumMessage)]));
    }

    /// <summary>Queues a record, whatever its level.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="created">When it was made.</param>
    /// <param name="source">Text in front of the message, or nothing.</param>
    /// <param name="message">The message.</param>
    /// <param name="allowLines">Newlines and tabs in the message are meant, and stay.</param>
    /// <param name="exception">An exception to write below.</param>
    public void Write(
        LogLevel level,
        DateTimeOffset created,
        ReadOnlySpan<char> source,
        ReadOnlySpan<char> message,
        bool allowLines,
        Exception? exception = null)
    {
        Recent.Add(level, created, source, message);
        LineBuilder line = LineBuilder.Rent();
        Head(line, level, created);
        line.Safe(source, allowLines: false);
        Body(line, message, allowLines);
        if (exception is not null)
        {
            Body(line.Raw("\n"u8), exception.ToString(), allowLines: true);
        }

        WriteRecord(level, line.Raw("\n"u8).Written);
    }

    /// <summary>
    /// Queues a line that somebody printed, whatever the least severe level is: it has none. Its colours are kept where the log has
    /// colours, and left out elsewhere.
    /// </summary>
    /// <param name="source">Text in front of it.</param>
    /// <param name="text">The line, without its end; 1 MB of it at most.</param>
    public void WritePrinted(ReadOnlySpan<char> source, ReadOnlySpan<char> text)
    {
        LineBuilder line = LineBuilder.Rent();
        Head(line, LogLevel.Information, Now);
        line.Safe(source, allowLines: false).Printed(text[..Math.Min(text.Length, MaximumLine)].TrimEnd("\r\n"), _shape.UseColors);
        WriteRecord(LogLevel.Information, line.Raw("\n"u8).Written);
    }

    /// <summary>Queues bytes as they are: a record that has its end. Where priorities are wanted each of its lines begins with one.</summary>
    public void WriteRecord(LogLevel level, ReadOnlySpan<byte> record)
        => _pump.TryWrite(_shape.HasPriorities ? Priorities.Prefix(level, record) : record);

    /// <summary>Queues text as it is.</summary>
    public void WriteRaw(string text) => WriteRecord(LogLevel.Information, Encoding.UTF8.GetBytes(text));

    /// <summary>Waits until what was queued is written, but no longer than <paramref name="timeout"/>.</summary>
    public bool Flush(TimeSpan timeout) => _pump.Flush(timeout);

    /// <summary>Writes what is queued and stops.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= _onExit;
        AppDomain.CurrentDomain.UnhandledException -= _onCrash;
        _pump.Dispose();
    }

    private static void Body(LineBuilder line, ReadOnlySpan<char> message, bool allowLines)
    {
        message = message.TrimEnd("\r\n");
        int rest = message.Length - MaximumMessage;
        line.Safe(rest > 0 ? message[..MaximumMessage] : message, allowLines);
        if (rest > 0)
        {
            line.Raw(" … (").Number(rest).Raw(" characters more)");
        }
    }

    private void Head(LineBuilder line, LogLevel level, DateTimeOffset created)
    {
        DateTimeOffset local = _clock.ToLocal(created);
        if (!_shape.HasTime)
        {
            line.Raw(LogLevels.Tag(level));
        }
        else if (_shape.UseColors)
        {
            line.Raw("\e[2m"u8).Timestamp(local).Raw("\e[0m "u8).Raw(LogLevels.ColoredTag(level));
        }
        else
        {
            line.Timestamp(local).Raw(" "u8).Raw(LogLevels.Tag(level));
        }

        line.Raw(" "u8);
    }

    private ReadOnlyMemory<byte> LossNotice(long lost)
    {
        string text = $"{lost} {(lost == 1 ? "log record was lost" : "log records were lost")} because the output did not keep up";
        byte[] record = _shape.AsJson ? ServerJson.Record(LogLevel.Warning, Now, "hydra", text, default).ToArray() : Line(text);
        return _shape.HasPriorities ? Priorities.Prefix(LogLevel.Warning, record).ToArray() : record;

        byte[] Line(string said)
        {
            LineBuilder line = LineBuilder.Rent();
            Head(line, LogLevel.Warning, Now);
            return line.Raw(said).Raw("\n"u8).Written.ToArray();
        }
    }
}
