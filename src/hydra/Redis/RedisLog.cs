using Microsoft.Extensions.Logging;

namespace Hydra.Redis;

/// <summary>What is said of a Redis. Ids from 1900.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(1900, LogLevel.Information, "shared state is in Redis {Version} at {Url}")]
    public static partial void Found(ILogger logger, string version, string url);

    [LoggerMessage(1901, LogLevel.Warning, "the server starts when Redis at {Url} is there: {Reason}")]
    public static partial void Waits(ILogger logger, string url, string reason);

    [LoggerMessage(1902, LogLevel.Warning, "Redis at {Url} is gone, calls on shared state raise StateUnavailable: {Reason}")]
    public static partial void Lost(ILogger logger, string url, string reason);

    [LoggerMessage(1903, LogLevel.Information, "Redis at {Url} is back after {Seconds:0.0} s")]
    public static partial void Back(ILogger logger, string url, double seconds);

    [LoggerMessage(1904, LogLevel.Warning, "Redis at {Url} throws away what it likes when its memory is full (maxmemory-policy {Policy}), locks and counters among it; noeviction does not")]
    public static partial void Evicts(ILogger logger, string url, string policy);
}
