namespace Hydra.Workers.Supervision;

/// <summary>
/// Where a worker is in its life, and since when. Changed on the supervisor's queue alone; the state may be read by any thread. Times
/// are those of <see cref="Fleet"/>: since the supervisor was made.
/// </summary>
internal sealed class WorkerLife
{
    private volatile WorkerState _state;

    /// <summary>Where it is in its life. Any thread.</summary>
    public WorkerState State => _state;

    /// <summary>Why it goes, once that is decided.</summary>
    public RetireReason? Reason { get; set; }

    /// <summary>Which reload it was started after: 0 before the first.</summary>
    public int Generation { get; init; }

    /// <summary>When it was started.</summary>
    public TimeSpan StartedAt { get; init; }

    /// <summary>When it is said that its start takes long; null once it was.</summary>
    public TimeSpan? SlowAt { get; set; }

    /// <summary>When it is asked whether somebody debugs it, before its time is over; null once it was.</summary>
    public TimeSpan? StartAskAt { get; set; }

    /// <summary>When it is to be ready; null where nothing presses.</summary>
    public TimeSpan? StartUntil { get; set; }

    /// <summary>When it became ready, or null.</summary>
    public TimeSpan? ReadyAt { get; private set; }

    /// <summary>When what it still has is cut off; set while it drains.</summary>
    public TimeSpan DrainUntil { get; set; }

    /// <summary>When responses that have no end of their own are told to come to theirs, or null.</summary>
    public TimeSpan? PartAt { get; set; }

    /// <summary>Whether its sessions come to their end together with such responses: the server stops.</summary>
    public bool EndsSessions { get; set; }

    /// <summary>When its sessions are cut off; set while it drains.</summary>
    public TimeSpan SessionsUntil { get; set; }

    /// <summary>Whether it gets no requests though it has not begun to go: what takes its place is to have all that it has.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Who hears when it has nothing to do any more.</summary>
    public Action? Quiet { get; set; }

    /// <summary>When they hear of it whatever it still has.</summary>
    public TimeSpan QuietUntil { get; set; }

    /// <summary>Whether DRAIN was sent.</summary>
    public bool IsTold { get; set; }

    /// <summary>When the process is killed; null while nothing presses.</summary>
    public TimeSpan? KillAt { get; set; }

    /// <summary>When a process that has drained and does not end is asked what it waits for, or null.</summary>
    public TimeSpan? LastWordAt { get; set; }

    /// <summary>What makes it old; null where nothing does.</summary>
    public WearLimits? Limits { get; init; }

    /// <summary>The application is loaded: it serves from now on.</summary>
    /// <exception cref="InvalidOperationException">There is no such transition.</exception>
    public void BecomeReady(TimeSpan now)
    {
        MoveTo(WorkerState.Ready);
        ReadyAt = now;
    }

    /// <summary>Goes to another state.</summary>
    /// <exception cref="InvalidOperationException">There is no such transition.</exception>
    public void MoveTo(WorkerState state)
    {
        if (!WorkerTransitions.IsAllowed(_state, state))
        {
            throw new InvalidOperationException($"a worker cannot go from {_state} to {state}");
        }

        _state = state;
    }
}
