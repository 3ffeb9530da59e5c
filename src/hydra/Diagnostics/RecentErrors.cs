using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>An error of the log.</summary>
/// <param name="Time">When it was.</param>
/// <param name="Level">Its level.</param>
/// <param name="Message">Its first line, cut where it is long.</param>
internal sealed record RecentError(DateTimeOffset Time, LogLevel Level, string Message);

/// <summary>The last errors of the log, for who asks how the server is. Any thread.</summary>
internal sealed class RecentErrors
{
    /// <summary>So many are remembered.</summary>
    public const int Most = 10;

    private const int Longest = 300;

    private readonly Lock _lock = new();
    private readonly Queue<RecentError> _errors = new();

    /// <summary>How many records there were.</summary>
    public LogCounts Counts { get; } = new();

    /// <summary>How many of them were errors.</summary>
    public long Count => Counts.Of(LogLevel.Error) + Counts.Of(LogLevel.Critical);

    /// <summary>A record goes to the log.</summary>
    /// <param name="level">Its level; what is no error is not remembered.</param>
    /// <param name="time">When it was made.</param>
    /// <param name="source">What stands in front of it.</param>
    /// <param name="message">The message, with what follows in further lines.</param>
    public void Add(LogLevel level, DateTimeOffset time, ReadOnlySpan<char> source, ReadOnlySpan<char> message)
    {
        Counts.Add(level);
        if (level < LogLevel.Error)
        {
            return;
        }

        int end = message.IndexOf('\n');
        ReadOnlySpan<char> line = end < 0 ? message : message[..end];
        string text = string.Concat(source, line[..Math.Min(line.Length, Longest)], line.Length > Longest ? "…" : "");
        lock (_lock)
        {
            if (_errors.Count == Most)
            {
                _errors.Dequeue();
            }

            _errors.Enqueue(new RecentError(time, level, text));
        }
    }

    /// <summary>They, the oldest first.</summary>
    public IReadOnlyList<RecentError> Read()
    {
        lock (_lock)
        {
            return [.. _errors];
        }
    }
}
