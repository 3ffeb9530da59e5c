using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>
/// Which worker is replaced next, and how one takes over from the other. What is asked for is kept as the slot's wish, or in the reload's
/// plan. For the supervisor's queue alone.
/// </summary>
internal sealed class Replacements(Roster roster, Reloader reload, Departures departures, OverlapRule overlap, ILogger logger)
{
    // A failing start is not repeated sooner while the old worker serves.
    private static readonly TimeSpan LeastRetry = TimeSpan.FromSeconds(1);

    // Processes of one index that may still finish requests while yet another one is started: bounds the memory of reloads in quick
    // succession whose old workers hold long streams.
    private const int MaxLeaving = 2;

    private readonly RecycleThrottle _throttle = new();

    // Once the new code has started once, so many at a time: the processors have requests to serve, and memory holds both.
    private int Parallel => Math.Max(1, roster.Wanted / 4);

    /// <summary>A worker is to go; where its reason allows it, not before another one is ready. <see cref="Advance"/> begins it.</summary>
    public void Ask(Worker worker, RetireReason reason)
    {
        WorkerSlot slot = roster.SlotOf(worker);
        if (slot.Serving != worker || !worker.State.Serves())
        {
            return;
        }

        if (!reason.Rule().ReplacementFirst)
        {
            departures.Leave(worker, reason);
        }
        else if (slot.Wish is not { } wish || reason.Rule().Urgency > wish.Rule().Urgency)
        {
            slot.Wish = reason;
        }
    }

    /// <summary>Starts the replacements that are asked for and may be started now.</summary>
    public void Advance()
    {
        while (Next() is { } next)
        {
            Start(next.Slot, next.Reason);
        }
    }

    /// <summary>A worker is ready.</summary>
    public void OnReady(WorkerSlot slot, Worker worker)
    {
        if (slot.Replacement == worker)
        {
            overlap.OnReady();
            TakeOver(slot, worker);
        }
        else if (slot.IsStoppedFirst)
        {
            slot.IsStoppedFirst = false;
            _throttle.OnEnded(roster.Now, roster.Now - worker.Life.StartedAt);
        }
    }

    /// <summary>A worker that was to go has ended.</summary>
    public void OnLeft(WorkerSlot slot, Worker worker)
    {
        if (slot.Before == worker)
        {
            slot.StartAt = roster.Now;
        }
    }

    /// <summary>The replacement of an index is ready.</summary>
    public void TakeOver(WorkerSlot slot, Worker worker)
    {
        slot.Wish = null;
        slot.RetryAt = TimeSpan.Zero;
        _throttle.OnEnded(roster.Now, roster.Now - worker.Life.StartedAt);
        if (slot.Promote() is { } old && old.State.Serves())
        {
            departures.Leave(old, old.Life.Reason ?? RetireReason.Reload);
        }
    }

    /// <summary>The replacement of an index has ended before it was ready: the old worker serves on.</summary>
    public void OnFailed(WorkerSlot slot, Worker worker, WorkerFailure failure)
    {
        TimeSpan now = roster.Now;
        _throttle.OnEnded(now, now - worker.Life.StartedAt);
        bool isExclusive = overlap.OnFailed(failure, worker.Life.Generation);
        if (isExclusive && overlap.StopsFirst(reload.Generation))
        {
            SupervisionLog.StopsFirst(logger, worker.Index, failure.Message);
            slot.RetryAt = now;
            return;
        }

        if (!isExclusive && reload.TryAbandon(worker, failure))
        {
            return;
        }

        TimeSpan delay = slot.Backoff.Next(TimeSpan.Zero);
        delay = delay > LeastRetry ? delay : LeastRetry;
        slot.RetryAt = now + delay;
        if (ReasonFor(slot) is { } reason && IsThrottled(reason) && _throttle.From(reason) - now > delay)
        {
            delay = _throttle.From(reason) - now;
        }

        SupervisionLog.ReplacementFailed(logger, worker.Index, failure.Message.TrimEnd('.'), slot.Serving?.Pid ?? 0, delay.TotalSeconds);
    }

    // Of those with the same reason the one that has served longest: where they reach a limit faster than they can be replaced, each has its turn.
    private (WorkerSlot Slot, RetireReason Reason)? Next()
    {
        TimeSpan now = roster.Now;
        int running = roster.Slots.Count(static slot => slot.Replacement is not null || slot.IsStoppedFirst);
        (WorkerSlot Slot, RetireReason Reason)? next = null;
        foreach (WorkerSlot slot in roster.Slots.OrderBy(static slot => slot.Serving?.Life.Generation).ThenBy(static slot => slot.Serving?.Life.ReadyAt))
        {
            if (ReasonFor(slot) is { } reason && IsAllowed(slot, reason, running, now)
                && (next is null || reason.Rule().Urgency > next.Value.Reason.Rule().Urgency))
            {
                next = (slot, reason);
            }
        }

        return next;
    }

    private RetireReason? ReasonFor(WorkerSlot slot)
    {
        RetireReason? planned = reload.Contains(slot) ? RetireReason.Reload : null;
        return slot.Wish?.Rule().Urgency > planned?.Rule().Urgency ? slot.Wish : planned ?? slot.Wish;
    }

    private bool IsAllowed(WorkerSlot slot, RetireReason reason, int running, TimeSpan now)
    {
        if (slot.Serving is not { } serving || !serving.State.Serves() || slot.Replacement is not null || slot.RetryAt > now)
        {
            return false;
        }

        return reason switch
        {
            RetireReason.Hung or RetireReason.Asked => running < Parallel && slot.Leaving.Count < MaxLeaving,
            RetireReason.Reload => running < (reload.IsProven && !overlap.StopsFirst(reload.Generation) ? Parallel : 1) && slot.Leaving.Count < MaxLeaving,
            RetireReason.TemplateLost => running < Parallel && !reload.IsActive && slot.Leaving.Count < MaxLeaving,
            _ => running == 0 && !reload.IsActive && slot.Leaving.Count < MaxLeaving && _throttle.Allows(reason, now),
        };
    }

    // Memory is more urgent, but costs the same; the others cannot wait.
    private static bool IsThrottled(RetireReason reason) => reason is not (RetireReason.Hung or RetireReason.Reload or RetireReason.Asked);

    private void Start(WorkerSlot slot, RetireReason reason)
    {
        Worker serving = slot.Serving!;
        if (overlap.StopsFirst(reload.Generation))
        {
            SupervisionLog.StoppingFirst(logger, serving.Index, serving.Pid, WearCheck.Describe(serving, reason, roster.Now));
            slot.StopFirst();
            departures.Leave(serving, reason);
            return;
        }

        if (serving.State is WorkerState.Ready)
        {
            serving.Life.MoveTo(WorkerState.Retiring);
        }

        serving.Life.Reason = reason;
        SupervisionLog.Replacing(logger, serving.Index, serving.Pid, WearCheck.Describe(serving, reason, roster.Now), reason is RetireReason.Hung ? "goes on as far as it can" : "serves");
        roster.Start(slot, reload.Generation, worker => slot.Replacement = worker);
    }
}
