using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>What is logged about the lives of workers: event ids 1402 to 1479.</summary>
internal static partial class SupervisionLog
{
    [LoggerMessage(1402, LogLevel.Debug, "worker {Worker} (pid {Pid}) started")]
    public static partial void Started(ILogger logger, int worker, int pid);

    [LoggerMessage(1403, LogLevel.Information, "worker {Worker} (pid {Pid}) is ready")]
    public static partial void Ready(ILogger logger, int worker, int pid);

    [LoggerMessage(1404, LogLevel.Error, "worker {Worker} (pid {Pid}) broke the link protocol ({Rule}) and is replaced")]
    public static partial void BrokeProtocol(ILogger logger, int worker, int pid, string rule);

    [LoggerMessage(1405, LogLevel.Error, "worker {Worker} (pid {Pid}) {Ending}; starting another {When}")]
    public static partial void Died(ILogger logger, int worker, int pid, string ending, string when);

    [LoggerMessage(1406, LogLevel.Error, "worker {Worker} could not start: {Reason}; trying again in {Delay:0.0} s")]
    public static partial void RestartFailed(ILogger logger, int worker, string reason, double delay);

    [LoggerMessage(1407, LogLevel.Debug, "worker {Worker} (pid {Pid}) has ended: {Reason}")]
    public static partial void Stopped(ILogger logger, int worker, int pid, string reason);

    [LoggerMessage(1408, LogLevel.Warning, "worker {Worker} (pid {Pid}) did not stop in time and was killed")]
    public static partial void Killed(ILogger logger, int worker, int pid);

    [LoggerMessage(1409, LogLevel.Critical, "the supervisor met an unexpected error and goes on")]
    public static partial void DecisionFailed(ILogger logger, Exception error);

    [LoggerMessage(1410, LogLevel.Information, "worker {Worker} (pid {Pid}) is to be replaced: {Reason}; it {Meanwhile} until the new one is ready")]
    public static partial void Replacing(ILogger logger, int worker, int pid, string reason, string meanwhile);

    [LoggerMessage(1411, LogLevel.Error,
        "worker {Worker}: its replacement could not start: {Reason}; the old one (pid {Pid}) serves on; trying again in {Delay:0.0} s")]
    public static partial void ReplacementFailed(ILogger logger, int worker, string reason, int pid, double delay);

    [LoggerMessage(1412, LogLevel.Error, "worker {Worker} (pid {Pid}) {Ending}; its replacement is being started already")]
    public static partial void DiedWhileReplaced(ILogger logger, int worker, int pid, string ending);

    [LoggerMessage(1413, LogLevel.Debug, "worker {Worker} (pid {Pid}) takes no more requests; the {Count} it has may take {Seconds:0.#} s")]
    public static partial void Draining(ILogger logger, int worker, int pid, int count, double seconds);

    [LoggerMessage(1414, LogLevel.Warning,
        "worker {Worker} (pid {Pid}) has not finished within {Seconds:0.#} s; {Requests} cut off")]
    public static partial void DrainOver(ILogger logger, int worker, int pid, string requests, double seconds);

    [LoggerMessage(1415, LogLevel.Information, "reload: replacing {Workers}; the first alone, to see whether the new code starts")]
    public static partial void Reloading(ILogger logger, string workers);

    [LoggerMessage(1416, LogLevel.Information, "reload: one is under way; another follows it")]
    public static partial void ReloadFollows(ILogger logger);

    [LoggerMessage(1417, LogLevel.Information, "reload: {Workers} replaced in {Seconds:0.0} s")]
    public static partial void Reloaded(ILogger logger, string workers, double seconds);

    [LoggerMessage(1434, LogLevel.Error, "the code does not start: {Reason} It is started again when it has changed")]
    public static partial void WaitsForChange(ILogger logger, string reason);

    [LoggerMessage(1418, LogLevel.Error, "reload: given up, the old code serves on; the new code does not start: {Reason}")]
    public static partial void ReloadFailed(ILogger logger, string reason);

    [LoggerMessage(1419, LogLevel.Information, "{Cause}: adding a worker; there are to be {Count}")]
    public static partial void Grown(ILogger logger, string cause, int count);

    [LoggerMessage(1420, LogLevel.Information, "{Cause}: removing a worker; there are to be {Count}")]
    public static partial void Shrunk(ILogger logger, string cause, int count);

    [LoggerMessage(1421, LogLevel.Warning, "SIGTTIN: there {Workers} already, as many as there may be")]
    public static partial void NoMore(ILogger logger, string workers);

    [LoggerMessage(1422, LogLevel.Warning, "SIGTTOU: there may be no fewer workers than {Count}")]
    public static partial void NoFewer(ILogger logger, int count);

    [LoggerMessage(1423, LogLevel.Error, "worker {Worker} (pid {Pid}) is killed: {Reason}")]
    public static partial void StartOver(ILogger logger, int worker, int pid, string reason);

    [LoggerMessage(1424, LogLevel.Warning, "reload: worker {Worker} (pid {Pid}) has been starting for {Seconds:0.#} s, and is started anew")]
    public static partial void StartedAnew(ILogger logger, int worker, int pid, double seconds);

    [LoggerMessage(1425, LogLevel.Warning,
        "worker {Worker} (pid {Pid}) has no requests any more, but its process does not end: its time is over and it is killed")]
    public static partial void ExitOver(ILogger logger, int worker, int pid);

    [LoggerMessage(1426, LogLevel.Information,
        "worker {Worker} (pid {Pid}) has been loading the application for {Seconds:0.#} s; requests wait for it")]
    public static partial void SlowStart(ILogger logger, int worker, int pid, double seconds);

    [LoggerMessage(1427, LogLevel.Information,
        "worker {Worker} (pid {Pid}) is to be replaced: {Reason}; it ends first, and requests wait until the new one is ready")]
    public static partial void StoppingFirst(ILogger logger, int worker, int pid, string reason);

    [LoggerMessage(1428, LogLevel.Warning,
        "worker {Worker}: its replacement could not start beside it again: {Reason}; from now on the old one ends first (--replace)")]
    public static partial void StopsFirst(ILogger logger, int worker, string reason);

    [LoggerMessage(1430, LogLevel.Error,
        "worker {Worker} (pid {Pid}): request {Request} has not come back {Seconds:0.#} s after it was interrupted; the worker is replaced")]
    public static partial void Stuck(ILogger logger, int worker, int pid, string request, double seconds);

    [LoggerMessage(1431, LogLevel.Error, "worker {Worker} (pid {Pid}) has not answered for {Seconds:0.#} s and is replaced")]
    public static partial void Silent(ILogger logger, int worker, int pid, double seconds);

    [LoggerMessage(1432, LogLevel.Warning,
        "worker {Worker} (pid {Pid}): request {Request}, whose client has left, has taken longer than {Seconds:0.#} s and is interrupted")]
    public static partial void AbandonedOverdue(ILogger logger, int worker, int pid, string request, double seconds);

    [LoggerMessage(1433, LogLevel.Warning,
        "worker {Worker} (pid {Pid}) is being debugged: meanwhile its requests may take as long as they like, and it is not replaced for hanging")]
    public static partial void Debugged(ILogger logger, int worker, int pid);

    [LoggerMessage(1436, LogLevel.Information,
        "--limit-concurrency auto: requests take {Latest:0} ms instead of {Usual:0} ms: each worker is given at most {Limit} at the same time, and fewer if that lasts")]
    public static partial void FewerAtATime(ILogger logger, int limit, double latest, double usual);

    [LoggerMessage(1435, LogLevel.Information, "worker {Worker} (pid {Pid}): {Count} connections that it has go on in others")]
    public static partial void Leaving(ILogger logger, int worker, int pid, int count);
}
