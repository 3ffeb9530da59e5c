namespace Hydra.Workers;

/// <summary>Where a worker process is in its life.</summary>
internal enum WorkerState
{
    /// <summary>The process runs and loads the application.</summary>
    Starting,

    /// <summary>It serves.</summary>
    Ready,

    /// <summary>It finishes what it has and takes nothing new.</summary>
    Draining,

    /// <summary>The process has ended.</summary>
    Stopped,
}

/// <summary>The transitions that a worker may make. Everything else is an error of the supervisor.</summary>
internal static class WorkerTransitions
{
    private static readonly (WorkerState From, WorkerState To)[] Allowed =
    [
        (WorkerState.Starting, WorkerState.Ready),
        (WorkerState.Starting, WorkerState.Draining),
        (WorkerState.Starting, WorkerState.Stopped),
        (WorkerState.Ready, WorkerState.Draining),
        (WorkerState.Ready, WorkerState.Stopped),
        (WorkerState.Draining, WorkerState.Stopped),
    ];

    /// <summary>Whether a worker may go from one state to the other.</summary>
    public static bool IsAllowed(WorkerState from, WorkerState to) => Array.IndexOf(Allowed, (from, to)) >= 0;
}
