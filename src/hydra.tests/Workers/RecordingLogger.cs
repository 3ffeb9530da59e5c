using Microsoft.Extensions.Logging;

namespace Hydra.Tests.Workers;

/// <summary>Keeps what was logged, on any thread.</summary>
internal sealed class RecordingLogger : ILogger
{
    public List<(LogLevel Level, int Id, string Text)> Records { get; } = [];

    /// <summary>The sentences so far, also while others come.</summary>
    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (Records)
            {
                return [.. Records.Select(static record => record.Text)];
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Records)
        {
            Records.Add((logLevel, eventId.Id, formatter(state, exception)));
        }
    }
}
