using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Keeps what is logged from Warning on, and fails the test that did not expect an error.</summary>
internal sealed class ErrorRecorder : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, EventId Event, string Text)> _entries = new();

    public IEnumerable<(LogLevel Level, EventId Event, string Text)> Entries => _entries;

    public bool Has(int eventId) => _entries.Any(e => e.Event.Id == eventId);

    public void AssertNoErrors() => Assert.Empty(_entries.Where(e => e.Level >= LogLevel.Error).Select(e => e.Text));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue((logLevel, eventId, formatter(state, exception) + exception));
        }
    }

    public void Dispose()
    {
    }
}
