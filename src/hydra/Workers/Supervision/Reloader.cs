using Hydra.Primitives;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>
/// Replacing all workers: their code has changed. Says which are to be replaced (<see cref="ReloadPlan"/>); <see cref="Replacements"/> does
/// it. For the supervisor's queue alone.
/// </summary>
internal sealed class Reloader(Roster roster, Departures departures, ILogger logger)
{
    // A start that takes more than this, and more than twice as long as any before, is not waited for when a reload is asked for: it may
    // hang in the very code that was mended. A shorter one is, or reloads in quick succession would never get to an end.
    private static readonly TimeSpan LeastOverdue = TimeSpan.FromSeconds(2);

    private readonly ReloadPlan _plan = new();
    private TimeSpan _longestStart;

    /// <summary>Whether requests wait for code that starts, so that the old is not served meanwhile.</summary>
    public bool WaitsForChange { get; init; }

    /// <summary>Which reload new workers come after: 0 before the first.</summary>
    public int Generation => _plan.Generation;

    /// <summary>Why the last reload was given up; null where it was not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether workers are left to replace.</summary>
    public bool IsActive => _plan.IsActive;

    /// <summary>Whether a worker with the new code has got ready.</summary>
    public bool IsProven => _plan.IsProven;

    /// <summary>Whether the worker of this index is to be replaced.</summary>
    public bool Contains(WorkerSlot slot) => _plan.Contains(slot.Index);

    /// <summary>Begins a reload, or has another one follow the one that is under way.</summary>
    public void Request()
    {
        EndOverdueStarts();

        // One whose last replacements fail, or wait for old workers to drain, is begun anew instead.
        if (_plan.IsActive && roster.Slots.Any(slot => slot.Replacement is not null && Contains(slot)))
        {
            _plan.WantAgain();
            SupervisionLog.ReloadFollows(logger);
            return;
        }

        Begin();
    }

    /// <summary>A worker is ready.</summary>
    public void OnReady(Worker worker)
    {
        TimeSpan took = worker.Life.ReadyAt is { } ready ? ready - worker.Life.StartedAt : TimeSpan.Zero;
        _longestStart = took > _longestStart ? took : _longestStart;
        bool wasActive = _plan.IsActive;
        if (_plan.OnReady(worker.Index, worker.Life.Generation) && wasActive)
        {
            Complete();
        }
    }

    /// <summary>The worker of this index needs no replacement any more: what follows it has the new code anyway.</summary>
    public void Drop(WorkerSlot slot)
    {
        if (_plan.Drop(slot.Index))
        {
            Complete();
        }
    }

    /// <summary>A replacement has failed.</summary>
    /// <returns>Whether it was the first that was started with the new code: then the reload is given up.</returns>
    public bool TryAbandon(Worker replacement, WorkerFailure failure)
    {
        if (!_plan.Contains(replacement.Index) || _plan.IsProven || replacement.Life.Generation != _plan.Generation)
        {
            return false;
        }

        _plan.Abandon();
        foreach (WorkerSlot slot in roster.Slots)
        {
            if (slot.Serving is { State: WorkerState.Retiring } serving && slot.Replacement is null && slot.Wish is null)
            {
                serving.Life.MoveTo(WorkerState.Ready);
                serving.Life.Reason = null;
            }
        }

        Failure = failure.Message;
        if (WaitsForChange)
        {
            SupervisionLog.WaitsForChange(logger, failure.Message);
        }
        else
        {
            SupervisionLog.ReloadFailed(logger, failure.Message);
        }

        Follow();
        return true;
    }

    private void EndOverdueStarts()
    {
        TimeSpan longest = _longestStart * 2 > LeastOverdue ? _longestStart * 2 : LeastOverdue;
        foreach (WorkerSlot slot in roster.Slots)
        {
            foreach (Worker worker in slot.Workers.Where(w => w.State is WorkerState.Starting && roster.Now - w.Life.StartedAt > longest).ToArray())
            {
                SupervisionLog.StartedAnew(logger, worker.Index, worker.Pid, (roster.Now - worker.Life.StartedAt).TotalSeconds);
                if (slot.Drop(worker))
                {
                    slot.StartAt = roster.Now;
                }

                departures.Leave(worker, RetireReason.Reload);
            }
        }
    }

    private void Begin()
    {
        WorkerSlot[] slots = [.. roster.Slots.Where(static slot => slot.IsWanted)];
        TimeSpan now = roster.Now;
        Failure = null;
        _plan.Begin(slots.Where(static slot => slot.Serving is not null).Select(static slot => slot.Index), now);
        SupervisionLog.Reloading(logger, Counted.Of(slots.Length, "worker"));
        foreach (WorkerSlot slot in slots)
        {
            slot.RetryAt = TimeSpan.Zero;
            if (slot.StartAt is not null)
            {
                // Its start failed before; perhaps that is what the new code mends.
                slot.StartAt = now;
            }
        }
    }

    private void Complete()
    {
        SupervisionLog.Reloaded(logger, Counted.Of(_plan.Count, "worker", "was", "were"), (roster.Now - _plan.BeganAt).TotalSeconds);
        Follow();
    }

    private void Follow()
    {
        if (_plan.IsWantedAgain)
        {
            Begin();
        }
    }
}
