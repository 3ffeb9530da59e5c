using Microsoft.Extensions.Logging;

namespace Hydra.Jobs;

/// <summary>What is said of jobs.</summary>
internal static partial class JobsLog
{
    /// <summary>A process has ended that was at a job, which is begun once more.</summary>
    [LoggerMessage(2200, LogLevel.Warning, "task {Id} ({Name}): its process has ended; it is begun once more in {Seconds:0.#} s, {Left} more times at most")]
    public static partial void LostAndRetried(ILogger logger, long id, string name, double seconds, int left);

    /// <summary>A process has ended that was at a job, which is not begun once more.</summary>
    [LoggerMessage(2201, LogLevel.Error, "task {Id} ({Name}): its process has ended, and it is not begun once more: that was attempt {Attempts}")]
    public static partial void LostForGood(ILogger logger, long id, string name, int attempts);

    /// <summary>A job has failed for good. Its process has told why.</summary>
    [LoggerMessage(2202, LogLevel.Error, "task {Id} ({Name}) has failed, and is not begun once more: that was attempt {Attempts}")]
    public static partial void Failed(ILogger logger, long id, string name, int attempts);

    /// <summary>The turn of a schedule is left out.</summary>
    [LoggerMessage(2203, LogLevel.Warning, "{Name} is to run by its schedule, and runs still since its last turn: turns are left out until it has ended")]
    public static partial void Skipped(ILogger logger, string name);

    /// <summary>There is no room for jobs.</summary>
    [LoggerMessage(2204, LogLevel.Warning, "{Lane}: {Refused} tasks were refused so far, because as many wait as may")]
    public static partial void Full(ILogger logger, string lane, long refused);

    /// <summary>The server ends with jobs that nobody has begun.</summary>
    [LoggerMessage(2205, LogLevel.Error, "{Count} tasks were not run before the server ended, and are lost: {Names}")]
    public static partial void Dropped(ILogger logger, int count, string names);

    /// <summary>Jobs have come from the server before this one.</summary>
    [LoggerMessage(2206, LogLevel.Information, "{Count} tasks that waited have come from the server before this one")]
    public static partial void TakenOver(ILogger logger, int count);
}
