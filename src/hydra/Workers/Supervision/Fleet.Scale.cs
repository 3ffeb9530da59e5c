namespace Hydra.Workers.Supervision;

/// <content>How many workers there are, and how old they get.</content>
internal sealed partial class Fleet
{
    // How often age and queue are looked at. A look costs a few microseconds for each worker.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    // Asking for a process's memory reads a file.
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromSeconds(1);

    private readonly RecycleThrottle _throttle = new();
    private readonly ScalePolicy _scale;
    private TimeSpan _lookAt;
    private TimeSpan _memoryAt;

    private bool LooksOften => _options.Recycle.IsUsed || _options.Scale.IsUsed;

    /// <summary>One worker more, as SIGTTIN asks for.</summary>
    public void Grow()
    {
        int most = _options.Scale.IsUsed ? _options.Scale.Maximum : _options.MostWorkers;
        if (_isStopping)
        {
            return;
        }

        if (Wanted >= most)
        {
            SupervisionLog.NoMore(_logger, Wanted);
            return;
        }

        AddWorker();
        SupervisionLog.Grown(_logger, "SIGTTIN", Wanted);
    }

    /// <summary>One worker less, as SIGTTOU asks for.</summary>
    public void Shrink()
    {
        int fewest = _options.Scale.IsUsed ? _options.Scale.Minimum : 1;
        if (_isStopping)
        {
            return;
        }

        if (Wanted <= fewest)
        {
            SupervisionLog.NoFewer(_logger, Wanted);
            return;
        }

        SupervisionLog.Shrunk(_logger, "SIGTTOU", Wanted - 1);
        RemoveWorker();
    }

    private int Wanted => _slots.Count(slot => slot.IsWanted);

    private void Look(TimeSpan now)
    {
        if (!LooksOften || now < _lookAt)
        {
            return;
        }

        _lookAt = now + LookInterval;
        bool looksAtMemory = now >= _memoryAt;
        _memoryAt = looksAtMemory ? now + MemoryInterval : _memoryAt;
        foreach (WorkerSlot slot in _slots)
        {
            if (slot is { Wish: null, Serving: { State: WorkerState.Ready, Life.Limits: { } limits } serving })
            {
                slot.Wish = WearOf(serving, limits, looksAtMemory, now);
            }
        }

        if (_options.Scale.IsUsed && _started.Task.IsCompleted)
        {
            Rescale(now);
        }
    }

    private static RetireReason? WearOf(Worker worker, WearLimits limits, bool looksAtMemory, TimeSpan now)
        => looksAtMemory && limits.Resident is { } resident && worker.Process?.Resident > resident ? RetireReason.MaxRss
            : worker.Requests >= limits.Requests ? RetireReason.MaxRequests
            : now - worker.Life.ReadyAt >= limits.Lifetime ? RetireReason.MaxLifetime
            : null;

    private string Describe(Worker worker, RetireReason reason) => reason switch
    {
        RetireReason.MaxRequests => $"it was given {worker.Requests} requests, its limit is {worker.Life.Limits?.Requests}",
        RetireReason.MaxRss
            => $"it uses {worker.Process?.Resident >> 20} MiB of memory, the limit is {worker.Life.Limits?.Resident >> 20} MiB",
        RetireReason.MaxLifetime => $"it has served for {(Now - worker.Life.ReadyAt)?.TotalSeconds:0} s",
        _ => reason.Rule().Text,
    };

    private void Rescale(TimeSpan now)
    {
        Worker[] serving = [.. _alive.Where(worker => worker.State.Serves())];
        TimeSpan delay = _queue.ReadFigures().Delay;
        TimeSpan lag = serving.Length == 0 ? TimeSpan.Zero : serving.Min(worker => worker.Probe?.LoopLag ?? TimeSpan.Zero);
        var sample = new ScaleSample(
            now,
            Wanted,
            _slots.Exists(slot => slot.IsWanted && slot.Serving?.Life.ReadyAt is null),
            delay > lag ? delay : lag,
            serving.Sum(worker => worker.Handle.InFlight),
            serving.Length == 0 ? 0 : serving[0].Info?.Concurrency ?? 0);
        switch (_scale.Decide(sample))
        {
            case ScaleDecision.Grow:
                AddWorker();
                SupervisionLog.Grown(_logger, $"requests wait {sample.Delay.TotalMilliseconds:0} ms", Wanted);
                break;
            case ScaleDecision.Shrink:
                SupervisionLog.Shrunk(_logger, $"no worker was missed for {_scale.Idle.TotalSeconds:0} s", Wanted - 1);
                RemoveWorker();
                break;
        }
    }

    private void AddWorker()
    {
        WorkerSlot? slot = _slots.Find(slot => !slot.IsWanted);
        if (slot is null)
        {
            slot = new WorkerSlot(_slots.Count);
            _slots.Add(slot);
        }

        slot.IsWanted = true;
        StartServing(slot);
    }

    // The one with the highest index, so that indexes are always those below the number of workers.
    private void RemoveWorker()
    {
        WorkerSlot slot = _slots.FindLast(slot => slot.IsWanted)!;
        slot.IsWanted = false;
        slot.StartAt = null;
        slot.Wish = null;
        Worker? replacement = slot.Replacement;
        Worker? serving = slot.Serving;
        slot.Dismiss();
        if (replacement is not null)
        {
            End(replacement, RetireReason.ScaleDown);
        }

        if (serving is { State: WorkerState.Starting })
        {
            End(serving, RetireReason.ScaleDown);
        }
        else if (serving is not null && serving.State.Serves())
        {
            serving.Life.Reason = RetireReason.ScaleDown;
            BeginDrain(serving);
        }

        DropFromReload(slot);
        Advance();
    }
}
