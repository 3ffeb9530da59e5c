namespace Hydra.Workers.Supervision;

/// <summary>How old workers are, by requests, memory and age. For the supervisor's queue alone.</summary>
internal sealed class WearCheck(Roster roster)
{
    // Asking for a process's memory reads a file.
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromSeconds(1);

    private TimeSpan _memoryAt;

    /// <summary>Wishes a replacement for each worker that has reached one of its limits.</summary>
    public void Look(TimeSpan now)
    {
        bool looksAtMemory = now >= _memoryAt;
        _memoryAt = looksAtMemory ? now + MemoryInterval : _memoryAt;
        foreach (WorkerSlot slot in roster.Slots)
        {
            if (slot is { Wish: null, Serving: { State: WorkerState.Ready, Life.Limits: { } limits } serving })
            {
                slot.Wish = WearOf(serving, limits, looksAtMemory, now);
            }
        }
    }

    /// <summary>Why a worker is replaced, for the log.</summary>
    public static string Describe(Worker worker, RetireReason reason, TimeSpan now) => reason switch
    {
        RetireReason.MaxRequests => $"it was given {worker.Links.Opened} requests, its limit is {worker.Life.Limits?.Requests}",
        RetireReason.MaxRss
            => $"it uses {worker.Process?.Resident >> 20} MiB of memory, the limit is {worker.Life.Limits?.Resident >> 20} MiB",
        RetireReason.MaxLifetime => $"it has served for {(now - worker.Life.ReadyAt)?.TotalSeconds:0} s",
        _ => reason.Rule().Text,
    };

    private static RetireReason? WearOf(Worker worker, WearLimits limits, bool looksAtMemory, TimeSpan now)
        => looksAtMemory && limits.Resident is { } resident && worker.Process?.Resident > resident ? RetireReason.MaxRss
            : limits.Requests is { } requests && worker.Links.Opened >= requests ? RetireReason.MaxRequests
            : now - worker.Life.ReadyAt >= limits.Lifetime ? RetireReason.MaxLifetime
            : null;
}
