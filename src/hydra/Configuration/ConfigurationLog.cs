using Microsoft.Extensions.Logging;

namespace Hydra.Configuration;

/// <summary>What the Configuration and Cli rings log: event ids 1000 to 1099.</summary>
internal static partial class ConfigurationLog
{
    [LoggerMessage(1000, LogLevel.Warning, "{Sentence}")]
    public static partial void Warning(ILogger logger, string sentence);

    [LoggerMessage(1001, LogLevel.Information, "{Banner}")]
    public static partial void Ready(ILogger logger, string banner);
}
