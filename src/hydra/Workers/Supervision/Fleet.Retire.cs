using Hydra.Workers.Links;
using Hydra.Workers.Processes;

namespace Hydra.Workers.Supervision;

/// <content>How workers go: replaced, drained, killed.</content>
internal sealed partial class Fleet
{
    // How often a worker that drains is looked at: whether its last request has ended.
    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(20);

    // What a worker may take from DRAIN on beside its requests: requests that are cancelled, and the lifespan's shutdown.
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(10);

    // Processes of one index that may still finish requests while yet another one is started: bounds the memory of reloads in quick
    // succession whose old workers hold long streams.
    private const int MaxLeaving = 2;

    /// <summary>Asks for a replacement of a worker.</summary>
    public void Replace(Worker worker, RetireReason reason)
    {
        WorkerSlot slot = _slots[worker.Index];
        if (_isStopping || slot.Serving != worker || !worker.State.Serves())
        {
            return;
        }

        if (slot.Wish is not { } wish || reason.Rule().Urgency > wish.Rule().Urgency)
        {
            slot.Wish = reason;
        }

        Advance();
    }

    /// <summary>Asks for a replacement of a worker.</summary>
    public void Replace(WorkerHandle handle, RetireReason reason)
    {
        if (Array.Find(_alive, worker => worker.Handle == handle) is { } worker)
        {
            Replace(worker, reason);
        }
    }

    /// <summary>A worker has drained.</summary>
    public void OnGoodbye(Worker worker)
    {
        // What Python does at its exit (a child that it joins, a thread that goes on) may take for ever; nobody waits for it.
        if (worker.State is not (WorkerState.Ending or WorkerState.Stopped))
        {
            _pool.Remove(worker.Handle);
            worker.Life.MoveTo(WorkerState.Ending);
        }

        worker.Life.KillAt = Now + WorkerProcess.ExitTime;
    }

    /// <summary>A link of a worker has closed.</summary>
    public void OnLinkClosed(Worker worker, string? violation)
    {
        _pool.Remove(worker.Handle);
        bool wasDraining = worker.State is WorkerState.Draining;
        if (worker.State is not (WorkerState.Ending or WorkerState.Stopped))
        {
            worker.Life.MoveTo(WorkerState.Ending);
        }
        else if (violation is null || worker.Life.Reason is RetireReason.BrokeProtocol || worker.State is WorkerState.Stopped)
        {
            // One link closes after the other. The one that says why may be the last.
            return;
        }

        if (violation is not null)
        {
            worker.Life.Reason = RetireReason.BrokeProtocol;
            SupervisionLog.BrokeProtocol(_logger, worker.Index, worker.Pid, violation);
            worker.CloseLinks();
            worker.Process?.Kill();
            return;
        }

        // It is most likely ending by itself; see to it that it does. What it says on its other links while it drains is still heard.
        worker.Life.KillAt = Now + WorkerProcess.ExitTime;
        if (!wasDraining)
        {
            worker.Life.Reason = RetireReason.LinkLost;
            worker.CloseLinks();
        }
    }

    /// <summary>Lets all workers finish what they have and exit.</summary>
    public void Stop(TimeSpan grace)
    {
        _isStopping = true;
        foreach (Worker worker in _alive)
        {
            if (worker.State is WorkerState.Starting)
            {
                // It has nothing to finish.
                End(worker, RetireReason.Stop);
            }
            else if (worker.State.Serves())
            {
                worker.Life.Reason = RetireReason.Stop;
                BeginDrain(worker, grace);
            }

            // Whatever it still has: the server takes no requests any more.
            if (worker.State is WorkerState.Draining && !worker.Life.IsTold)
            {
                Tell(worker, grace);
            }
        }

        CompleteIfAllStopped();
    }

    /// <summary>Kills all workers.</summary>
    public void KillAll()
    {
        _isStopping = true;
        foreach (Worker worker in _alive)
        {
            SupervisionLog.Killed(_logger, worker.Index, worker.Pid);
            if (worker.State is not WorkerState.Ending)
            {
                worker.Life.MoveTo(WorkerState.Ending);
            }

            worker.Process?.Kill();
        }

        CompleteIfAllStopped();
    }

    // Starts the replacements that are asked for and may be started now.
    private void Advance()
    {
        while (!_isStopping && NextToReplace() is { } next)
        {
            StartReplacement(next.Slot, next.Reason);
        }
    }

    private (WorkerSlot Slot, RetireReason Reason)? NextToReplace()
    {
        TimeSpan now = Now;
        int running = _slots.Count(slot => slot.Replacement is not null);
        (WorkerSlot Slot, RetireReason Reason)? next = null;
        foreach (WorkerSlot slot in _slots.OrderBy(slot => slot.Serving?.Life.Generation))
        {
            if (ReasonToReplace(slot) is { } reason && MayBeReplaced(slot, reason, running, now)
                && (next is null || reason.Rule().Urgency > next.Value.Reason.Rule().Urgency))
            {
                next = (slot, reason);
            }
        }

        return next;
    }

    private RetireReason? ReasonToReplace(WorkerSlot slot)
    {
        RetireReason? reload = _reload.Contains(slot.Index) ? RetireReason.Reload : null;
        return slot.Wish?.Rule().Urgency > reload?.Rule().Urgency ? slot.Wish : reload ?? slot.Wish;
    }

    private bool MayBeReplaced(WorkerSlot slot, RetireReason reason, int running, TimeSpan now)
    {
        if (slot.Serving is not { } serving || !serving.State.Serves() || slot.Replacement is not null || slot.RetryAt > now)
        {
            return false;
        }

        return reason switch
        {
            RetireReason.Hung => running < Parallel,
            RetireReason.Reload => running < (_reload.IsProven ? Parallel : 1) && slot.Leaving.Count < MaxLeaving,
            _ => running == 0 && !_reload.IsActive && slot.Leaving.Count < MaxLeaving && _throttle.Allows(reason, now),
        };
    }

    private void StartReplacement(WorkerSlot slot, RetireReason reason)
    {
        Worker serving = slot.Serving!;
        if (serving.State is WorkerState.Ready)
        {
            serving.Life.MoveTo(WorkerState.Retiring);
        }

        serving.Life.Reason = reason;
        SupervisionLog.Replacing(_logger, serving.Index, serving.Pid, Describe(serving, reason));
        slot.Replacement = Create(slot);
        _actions.Launch(slot.Replacement);
    }

    private void TakeOver(WorkerSlot slot, Worker worker)
    {
        slot.Wish = null;
        slot.RetryAt = TimeSpan.Zero;
        _throttle.OnEnded(Now, Now - worker.Life.StartedAt);
        if (slot.Promote() is { } old)
        {
            BeginDrain(old);
        }
    }

    private void OnReplacementFailed(WorkerSlot slot, Worker worker, WorkerFailure failure)
    {
        LogTraceback(worker, failure);
        _throttle.OnEnded(Now, Now - worker.Life.StartedAt);
        if (_reload.Contains(slot.Index) && !_reload.IsProven && worker.Life.Generation == _reload.Generation)
        {
            AbandonReload(failure);
            return;
        }

        TimeSpan delay = slot.Backoff.Next(TimeSpan.Zero);
        delay = delay > LeastRetry ? delay : LeastRetry;
        slot.RetryAt = Now + delay;
        SupervisionLog.ReplacementFailed(_logger, worker.Index, failure.Message, slot.Serving?.Pid ?? 0, delay.TotalSeconds);
    }

    private void BeginDrain(Worker worker) => BeginDrain(worker, _options.DrainTimeout);

    private void BeginDrain(Worker worker, TimeSpan grace)
    {
        _pool.Remove(worker.Handle);
        worker.Shut();
        worker.Life.MoveTo(WorkerState.Draining);
        worker.Life.DrainUntil = Now + grace;
        SupervisionLog.Draining(_logger, worker.Index, worker.Pid, worker.Handle.InFlight, grace.TotalSeconds);
        AdvanceEnd(worker, Now);
    }

    // The worker is told to end when its last response is complete, so that it never has to refuse a request that was on its way.
    private void AdvanceEnd(Worker worker, TimeSpan now)
    {
        WorkerLife life = worker.Life;
        if (worker.State is WorkerState.Draining && !life.IsTold && (worker.Handle.InFlight == 0 || now >= life.DrainUntil))
        {
            if (worker.Handle.InFlight > 0)
            {
                SupervisionLog.DrainOver(_logger, worker.Index, worker.Pid, worker.Handle.InFlight, _options.DrainTimeout.TotalSeconds);
            }

            Tell(worker, life.DrainUntil > now ? life.DrainUntil - now : TimeSpan.Zero);
        }

        if (life.KillAt <= now)
        {
            life.KillAt = null;
            if (worker.State is WorkerState.Draining)
            {
                SupervisionLog.Killed(_logger, worker.Index, worker.Pid);
                life.MoveTo(WorkerState.Ending);
            }

            worker.Process?.Kill();
        }
    }

    private void Tell(Worker worker, TimeSpan grace)
    {
        worker.Life.IsTold = true;
        worker.Life.KillAt = Now + grace + ShutdownTime;
        if (!worker.Drain(grace))
        {
            End(worker, worker.Life.Reason ?? RetireReason.Stop);
        }
    }

    private static void End(Worker worker, RetireReason reason)
    {
        worker.Life.Reason = reason;
        worker.Life.MoveTo(WorkerState.Ending);
        worker.Process?.Kill();
    }

    private void CompleteIfAllStopped()
    {
        if (_isStopping && _alive.Length == 0)
        {
            _allStopped.TrySetResult();
        }
    }
}
