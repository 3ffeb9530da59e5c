using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>Makes the <see cref="ServerLog"/> the one place where a host logs.</summary>
internal static class LoggingSetup
{
    /// <summary>Replaces the host's providers.</summary>
    public static ILoggingBuilder UseServerLog(this ILoggingBuilder logging, ServerLog log)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(log.Minimum);

        // ASP.NET's own start and stop messages and its line for each request say nothing that ours do not say.
        logging.AddFilter("Microsoft", log.Minimum <= LogLevel.Debug ? log.Minimum : Max(log.Minimum, LogLevel.Warning));

        // The host logs an exception of its start with its stack and then throws it; whoever catches it says it in a sentence.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // With any level of this one enabled ASP.NET makes an Activity and a log scope for each request: half a microsecond for nothing.
        logging.AddFilter("Microsoft.AspNetCore.Hosting", LogLevel.None);
        logging.AddProvider(new ServerLoggerProvider(log));
        return logging;
    }

    private static LogLevel Max(LogLevel first, LogLevel second) => first > second ? first : second;
}
