using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Processes;

/// <summary>What is logged about what a worker needs to start, Python and the shim: event ids 1201 to 1299; about templates: 1480 to 1489.</summary>
internal static partial class ProcessesLog
{
    [LoggerMessage(1201, LogLevel.Debug, "the worker's code was written to {Directory}")]
    public static partial void ShimExtracted(ILogger logger, string directory);

    [LoggerMessage(1202, LogLevel.Warning, "{Path} was missing or changed, and was written again")]
    public static partial void ShimRepaired(ILogger logger, string path);

    [LoggerMessage(1203, LogLevel.Debug, "no private directory can be made in {Place}: {Problem}")]
    public static partial void PlaceSkipped(ILogger logger, string place, string problem);

    [LoggerMessage(1204, LogLevel.Warning, "{Variable} names {Place}, which cannot be used: {Problem}")]
    public static partial void ChosenPlaceUnusable(ILogger logger, string variable, string place, string problem);

    [LoggerMessage(1205, LogLevel.Information, "there is no directory to write to; the worker's code is kept in memory as {Path}")]
    public static partial void ShimInMemory(ILogger logger, string path);

    [LoggerMessage(1206, LogLevel.Debug, "removed {Directory}, which a server left behind that is gone")]
    public static partial void StaleDirectoryRemoved(ILogger logger, string directory);

    [LoggerMessage(1207, LogLevel.Debug, "there is no directory for the workers' socket; its address is abstract: {Name}")]
    public static partial void AbstractSocket(ILogger logger, string name);

    [LoggerMessage(1208, LogLevel.Warning, "the socket of the workers, {Address}, was removed by somebody, and was made again")]
    public static partial void SocketRestored(ILogger logger, string address);

    [LoggerMessage(1209, LogLevel.Error, "--on-worker-exit {Function} failed for \"{Ended}\" (process id, worker, exit code): {Problem}")]
    public static partial void ExitHookFailed(ILogger logger, string function, string ended, string problem);

    [LoggerMessage(1480, LogLevel.Information, "the template process (pid {Pid}) has loaded the application; workers are forked from it")]
    public static partial void TemplateReady(ILogger logger, int pid);

    [LoggerMessage(1481, LogLevel.Error, "the template process (pid {Pid}) {Ending}, and its workers with it; another takes its place")]
    public static partial void TemplateDiedWithWorkers(ILogger logger, int pid, string ending);

    [LoggerMessage(1482, LogLevel.Error, "the template process (pid {Pid}) has not answered for {Seconds:0.#} s and is killed")]
    public static partial void TemplateSilent(ILogger logger, int pid, double seconds);

    [LoggerMessage(1483, LogLevel.Error, "the template process (pid {Pid}) {Ending}; its workers serve on until others, forked from a new one, are ready")]
    public static partial void TemplateDied(ILogger logger, int pid, string ending);
}
