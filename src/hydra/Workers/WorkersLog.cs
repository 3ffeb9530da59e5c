using Microsoft.Extensions.Logging;

namespace Hydra.Workers;

/// <summary>What the Workers ring logs: event ids 1400 to 1499.</summary>
internal static partial class WorkersLog
{
    [LoggerMessage(1400, LogLevel.Warning, "a connection on the worker socket was refused: {Reason}")]
    public static partial void LinkRefused(ILogger logger, string reason);

    [LoggerMessage(1401, LogLevel.Error, "the worker socket cannot accept: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string reason);

    [LoggerMessage(1402, LogLevel.Debug, "worker {Worker} (pid {Pid}) started")]
    public static partial void Started(ILogger logger, int worker, int pid);

    [LoggerMessage(1403, LogLevel.Information, "worker {Worker} (pid {Pid}) is ready")]
    public static partial void Ready(ILogger logger, int worker, int pid);

    [LoggerMessage(1404, LogLevel.Error, "worker {Worker} (pid {Pid}) broke the link protocol ({Rule}) and is replaced")]
    public static partial void BrokeProtocol(ILogger logger, int worker, int pid, string rule);

    [LoggerMessage(1405, LogLevel.Error, "worker {Worker} (pid {Pid}) {Ending}; starting another in {Delay:0.0} s")]
    public static partial void Died(ILogger logger, int worker, int pid, string ending, double delay);

    [LoggerMessage(1406, LogLevel.Error, "worker {Worker} could not start: {Reason}; trying again in {Delay:0.0} s")]
    public static partial void RestartFailed(ILogger logger, int worker, string reason, double delay);

    [LoggerMessage(1407, LogLevel.Debug, "worker {Worker} (pid {Pid}) stopped")]
    public static partial void Stopped(ILogger logger, int worker, int pid);

    [LoggerMessage(1408, LogLevel.Warning, "worker {Worker} (pid {Pid}) did not stop in time and was killed")]
    public static partial void Killed(ILogger logger, int worker, int pid);

    [LoggerMessage(1409, LogLevel.Critical, "the supervisor met an unexpected error and goes on")]
    public static partial void DecisionFailed(ILogger logger, Exception error);
}
