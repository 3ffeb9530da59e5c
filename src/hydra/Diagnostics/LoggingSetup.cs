using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>Makes the <see cref="ServerLog"/> the one place where a host logs.</summary>
internal static class LoggingSetup
{
    /// <summary>
    /// Makes the factory, without the services that the framework's own builder would set up for it: they take milliseconds before the first
    /// worker can be started.
    /// </summary>
    public static ILoggerFactory CreateFactory(ServerLog log)
    {
        var filters = new LoggerFilterOptions { MinLevel = log.Minimum };

        // ASP.NET's own start and stop messages and its line for each request say nothing that ours do not say.
        filters.AddFilter("Microsoft", log.Minimum <= LogLevel.Debug ? log.Minimum : Max(log.Minimum, LogLevel.Warning));

        // What clients do to connections of HTTP/2 is no failure of the server's: a flood of resets is answered, and would fill the log.
        filters.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", log.Minimum <= LogLevel.Debug ? log.Minimum : LogLevel.None);

        // The host logs an exception of its start with its stack and then throws it; whoever catches it says it in a sentence.
        filters.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // With any level of this one enabled ASP.NET makes an Activity and a log scope for each request: half a microsecond for nothing.
        filters.AddFilter("Microsoft.AspNetCore.Hosting", LogLevel.None);
        return new LoggerFactory([new ServerLoggerProvider(log)], filters);
    }

    private static LogLevel Max(LogLevel first, LogLevel second) => first > second ? first : second;
}
