using Hydra.Workers.Links;

namespace Hydra.Workers.Supervision;

/// <content>Replacing all workers: their code has changed.</content>
internal sealed partial class Fleet
{
    private readonly ReloadPlan _reload = new();

    // Once the new code has started once, so many at a time: the processors have requests to serve, and memory holds both.
    private int Parallel => Math.Max(1, _slots.Count(slot => slot.IsWanted) / 4);

    /// <summary>Starts a worker with the present code for each, and lets the old ones go as the new ones get ready.</summary>
    public void Reload()
    {
        if (_isStopping)
        {
            return;
        }

        // One whose last replacements fail, or wait for old workers to drain, is begun anew instead.
        if (_reload.IsActive && _slots.Exists(slot => slot.Replacement is not null && _reload.Contains(slot.Index)))
        {
            _reload.WantAgain();
            SupervisionLog.ReloadFollows(_logger);
            return;
        }

        BeginReload();
        Advance();
    }

    private void BeginReload()
    {
        WorkerSlot[] slots = [.. _slots.Where(slot => slot.IsWanted)];
        _reload.Begin(slots.Where(slot => slot.Serving is not null).Select(slot => slot.Index), Now);
        SupervisionLog.Reloading(_logger, slots.Length);
        foreach (WorkerSlot slot in slots)
        {
            slot.RetryAt = TimeSpan.Zero;
            if (slot.StartAt is not null)
            {
                // Its start failed before; perhaps that is what the new code mends.
                StartServing(slot);
            }
        }
    }

    private void OnReadyForReload(Worker worker)
    {
        bool wasActive = _reload.IsActive;
        if (_reload.OnReady(worker.Index, worker.Life.Generation) && wasActive)
        {
            CompleteReload();
        }
    }

    private void DropFromReload(WorkerSlot slot)
    {
        if (_reload.Drop(slot.Index))
        {
            CompleteReload();
        }
    }

    private void CompleteReload()
    {
        SupervisionLog.Reloaded(_logger, _reload.Count, (Now - _reload.BeganAt).TotalSeconds);
        FollowReload();
    }

    // The first that was started with the new code has failed.
    private void AbandonReload(WorkerFailure failure)
    {
        _reload.Abandon();
        foreach (WorkerSlot slot in _slots)
        {
            if (slot.Serving is { State: WorkerState.Retiring } serving && slot.Replacement is null && slot.Wish is null)
            {
                serving.Life.MoveTo(WorkerState.Ready);
                serving.Life.Reason = null;
            }
        }

        SupervisionLog.ReloadFailed(_logger, failure.Message);
        FollowReload();
    }

    private void FollowReload()
    {
        if (_reload.IsWantedAgain)
        {
            BeginReload();
        }
    }
}
