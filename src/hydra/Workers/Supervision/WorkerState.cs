namespace Hydra.Workers.Supervision;

/// <summary>Where a worker process is in its life. docs/workers.md shows the states and <see cref="WorkerTransitions"/>.</summary>
internal enum WorkerState
{
    /// <summary>The process runs and loads the application.</summary>
    Starting,

    /// <summary>It serves.</summary>
    Ready,

    /// <summary>It serves until its replacement is ready.</summary>
    Retiring,

    /// <summary>It finishes what it has and takes nothing new.</summary>
    Draining,

    /// <summary>It has said its last word, lost its links or was killed; the process is about to end.</summary>
    Ending,

    /// <summary>The process has ended.</summary>
    Stopped,
}

/// <summary>One step in the life of a worker.</summary>
/// <param name="From">Where it was.</param>
/// <param name="To">Where it is then.</param>
/// <param name="When">What makes it go there.</param>
internal sealed record WorkerTransition(WorkerState From, WorkerState To, string When);

/// <summary>The transitions that a worker may make. Everything else is an error of the supervisor.</summary>
internal static class WorkerTransitions
{
    /// <summary>Every step that there is.</summary>
    public static IReadOnlyList<WorkerTransition> All { get; } =
    [
        new(WorkerState.Starting, WorkerState.Ready, "READY: the application is loaded"),
        new(WorkerState.Starting, WorkerState.Ending, "it is not wanted any more, breaks the protocol or loses a link"),
        new(WorkerState.Starting, WorkerState.Stopped, "the process ends: it cannot start"),
        new(WorkerState.Ready, WorkerState.Retiring, "there is a reason to replace it, and its replacement is started"),
        new(WorkerState.Ready, WorkerState.Draining, "it is to go without a replacement"),
        new(WorkerState.Ready, WorkerState.Ending, "it breaks the protocol, loses a link or does not answer"),
        new(WorkerState.Ready, WorkerState.Stopped, "the process dies"),
        new(WorkerState.Retiring, WorkerState.Ready, "the replacement cannot start, and is given up"),
        new(WorkerState.Retiring, WorkerState.Draining, "the replacement is ready, or the server stops"),
        new(WorkerState.Retiring, WorkerState.Ending, "it breaks the protocol, loses a link or does not answer"),
        new(WorkerState.Retiring, WorkerState.Stopped, "the process dies"),
        new(WorkerState.Draining, WorkerState.Ending, "GOODBYE, a link closes, or its time is over and it is killed"),
        new(WorkerState.Draining, WorkerState.Stopped, "the process ends"),
        new(WorkerState.Ending, WorkerState.Stopped, "the process ends"),
    ];

    /// <summary>Whether a worker may go from one state to the other.</summary>
    public static bool IsAllowed(WorkerState from, WorkerState to) => All.Any(t => t.From == from && t.To == to);

    /// <summary>Whether the worker takes requests in this state.</summary>
    public static bool Serves(this WorkerState state) => state is WorkerState.Ready or WorkerState.Retiring;
}
