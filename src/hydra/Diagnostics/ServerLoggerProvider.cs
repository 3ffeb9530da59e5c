using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>Brings the loggers of Hydra and of ASP.NET into the <see cref="ServerLog"/>.</summary>
/// <param name="log">The log; whoever made it disposes of it.</param>
internal sealed class ServerLoggerProvider(ServerLog log) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new ServerLogger(log, categoryName, SourceOf(categoryName));

    /// <inheritdoc/>
    public void Dispose()
    {
        // The log outlives the host, so that the end of the host can be logged.
    }

    // Our own messages say what they are about; others are named, by the last word that tells.
    private static string SourceOf(string category)
    {
        if (category.StartsWith("Hydra", StringComparison.Ordinal))
        {
            return "";
        }

        return category.StartsWith("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) ? "kestrel: " : category + ": ";
    }

    private sealed class ServerLogger(ServerLog log, string category, string source) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);

        // Messages carry what clients sent: a newline in one is not a line of ours.
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            if (log.IsJson)
            {
                log.WriteJson(logLevel, category, formatter(state, exception), exception?.ToString());
            }
            else
            {
                log.Write(logLevel, log.Now, source, formatter(state, exception), allowLines: false, exception);
            }
        }
    }
}
