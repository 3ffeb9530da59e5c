using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hydra.Diagnostics;

/// <summary>Makes the <see cref="ServerLog"/> the one place where a host logs.</summary>
internal static class LoggingSetup
{
    /// <summary>
    /// Makes the factory, without the services that the framework's own builder would set up for it: they take milliseconds before the first
    /// worker can be started.
    /// </summary>
    public static ILoggerFactory CreateFactory(ServerLog log) => new LoggerFactory([new ServerLoggerProvider(log)], new Filters(log));

    private static LoggerFilterOptions FiltersOf(LogLevel minimum)
    {
        var filters = new LoggerFilterOptions { MinLevel = minimum };

        // ASP.NET's own start and stop messages and its line for each request say nothing that ours do not say.
        filters.AddFilter("Microsoft", minimum <= LogLevel.Debug ? minimum : Max(minimum, LogLevel.Warning));

        // What clients do to connections of HTTP/2 and 3 is no failure of the server's: a flood of resets is answered, and would fill the log.
        foreach (string category in (string[])["Http2", "Http3", "Transport.Quic"])
        {
            filters.AddFilter("Microsoft.AspNetCore.Server.Kestrel." + category, minimum <= LogLevel.Debug ? minimum : LogLevel.None);
        }

        // The host logs an exception of its start with its stack and then throws it; whoever catches it says it in a sentence.
        filters.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // With any level of this one enabled ASP.NET makes an Activity and a log scope for each request: half a microsecond for nothing.
        filters.AddFilter("Microsoft.AspNetCore.Hosting", LogLevel.None);
        return filters;
    }

    private static LogLevel Max(LogLevel first, LogLevel second) => first > second ? first : second;

    // The factory asks again when the log's level has changed, and its loggers with it.
    private sealed class Filters(ServerLog log) : IOptionsMonitor<LoggerFilterOptions>
    {
        public LoggerFilterOptions CurrentValue => FiltersOf(log.Minimum);

        public LoggerFilterOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<LoggerFilterOptions, string?> listener)
        {
            log.LevelChanged += () => listener(CurrentValue, null);
            return null;
        }
    }
}
