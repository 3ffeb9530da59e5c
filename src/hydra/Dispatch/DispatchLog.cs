using Microsoft.Extensions.Logging;

namespace Hydra.Dispatch;

/// <summary>What the Dispatch ring logs: event ids 1700 to 1799.</summary>
internal static partial class DispatchLog
{
    [LoggerMessage(1700, LogLevel.Warning,
        "{Refused} got 503: {Reason}; {Waiting} ({Kibibytes} KiB), and the clients are told to come again in {RetryAfter} s")]
    public static partial void Refused(ILogger logger, string refused, string reason, string waiting, long kibibytes, int retryAfter);

    [LoggerMessage(1710, LogLevel.Error,
        "worker {Worker}: {Method} {Path}: two workers ended while they ran this request, the second with nothing beside it; it gets 500, and is tried now and then")]
    public static partial void Convicted(ILogger logger, int worker, string method, string path);
}
