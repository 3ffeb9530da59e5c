using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>How levels look in the log: seven columns, flush right.</summary>
internal static class LogLevels
{
    /// <summary>The tag.</summary>
    public static ReadOnlySpan<byte> Tag(LogLevel level) => level switch
    {
        LogLevel.Trace => "[TRACE]"u8,
        LogLevel.Debug => "[DEBUG]"u8,
        LogLevel.Information => " [INFO]"u8,
        LogLevel.Warning => " [WARN]"u8,
        LogLevel.Error => "[ERROR]"u8,
        _ => " [CRIT]"u8,
    };

    /// <summary>The tag in its colour.</summary>
    public static ReadOnlySpan<byte> ColoredTag(LogLevel level) => level switch
    {
        LogLevel.Trace => "\e[2m[TRACE]\e[0m"u8,
        LogLevel.Debug => "\e[36m[DEBUG]\e[0m"u8,
        LogLevel.Information => "\e[32m [INFO]\e[0m"u8,
        LogLevel.Warning => "\e[33m [WARN]\e[0m"u8,
        LogLevel.Error => "\e[31m[ERROR]\e[0m"u8,
        _ => "\e[1;31m [CRIT]\e[0m"u8,
    };
}
