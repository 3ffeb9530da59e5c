namespace Hydra.Workers.Supervision;

/// <summary>
/// The processes of one index: the one that serves, the one that is to take over from it, and those that still finish their requests.
/// For the supervisor's queue alone.
/// </summary>
internal sealed class WorkerSlot(int index)
{
    /// <summary>What is due later than this nobody waits for.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromHours(1);

    /// <summary>How far away a start is that only a reload brings near.</summary>
    public static readonly TimeSpan Never = TimeSpan.FromDays(10_000);

    private readonly List<Worker> _leaving = [];

    /// <summary>The index, from 0.</summary>
    public int Index { get; } = index;

    /// <summary>Whether there is to be a worker of this index.</summary>
    public bool IsWanted { get; set; } = true;

    /// <summary>The worker that serves, or will when it is ready; null while the next start waits for its time.</summary>
    public Worker? Serving { get; set; }

    /// <summary>The worker that starts to take over.</summary>
    public Worker? Replacement { get; set; }

    /// <summary>The worker that has to end before the next one is started, or null.</summary>
    public Worker? Before { get; private set; }

    /// <summary>Whether a worker was stopped first, and what takes its place is not ready yet.</summary>
    public bool IsStoppedFirst { get; set; }

    /// <summary>Workers that finish their requests or are about to end.</summary>
    public IReadOnlyList<Worker> Leaving => _leaving;

    /// <summary>Why the serving worker is to be replaced, beside a reload.</summary>
    public RetireReason? Wish { get; set; }

    /// <summary>When the next worker is started, or null.</summary>
    public TimeSpan? StartAt { get; set; }

    /// <summary>Before this time no further replacement is tried.</summary>
    public TimeSpan RetryAt { get; set; }

    /// <summary>How long to wait before another start.</summary>
    public RestartBackoff Backoff { get; } = new();

    /// <summary>All processes of this index.</summary>
    public IEnumerable<Worker> Workers
    {
        get
        {
            IEnumerable<Worker?> all = [Serving, Replacement, .. _leaving];
            return all.OfType<Worker>();
        }
    }

    /// <summary>The worker that serves is to end first.</summary>
    public void StopFirst()
    {
        IsStoppedFirst = true;
        Before = Serving;
        _leaving.AddRange(new[] { Serving }.OfType<Worker>());
        Serving = null;
        Wish = null;
    }

    /// <summary>The replacement takes over.</summary>
    /// <returns>The worker that served until now; it is among those that leave.</returns>
    public Worker? Promote()
    {
        Worker? old = Serving;
        Serving = Replacement;
        Replacement = null;
        if (old is not null)
        {
            _leaving.Add(old);
        }

        return old;
    }

    /// <summary>A worker that starts goes, and another is started in its place.</summary>
    /// <returns>Whether it was the one that was to serve, not a replacement.</returns>
    public bool Drop(Worker worker)
    {
        bool served = Serving == worker;
        Remove(worker);
        _leaving.Add(worker);
        return served;
    }

    /// <summary>All workers of this index go, and none takes their place.</summary>
    public void Dismiss()
    {
        _leaving.AddRange(new[] { Serving, Replacement }.OfType<Worker>());
        Serving = null;
        Replacement = null;
        Before = null;
        IsStoppedFirst = false;
    }

    /// <summary>Forgets a process that has ended.</summary>
    public void Remove(Worker worker)
    {
        _leaving.Remove(worker);
        Before = Before == worker ? null : Before;
        Serving = Serving == worker ? null : Serving;
        Replacement = Replacement == worker ? null : Replacement;
    }
}
