namespace Hydra.Workers.Supervision;

/// <summary>
/// Which workers a reload has still to replace. The first replacement is started alone: only when it is ready is the new code known to
/// start, and the others follow. A reload that is asked for while one is under way follows it, once, however often it is asked for.
/// For the supervisor's queue alone.
/// </summary>
internal sealed class ReloadPlan
{
    private readonly HashSet<int> _left = [];

    /// <summary>The number of this reload; workers that were started after it have it, too. 0 before the first.</summary>
    public int Generation { get; private set; }

    /// <summary>Whether workers are left to replace.</summary>
    public bool IsActive => _left.Count > 0;

    /// <summary>Whether a worker with the new code has got ready.</summary>
    public bool IsProven { get; private set; }

    /// <summary>Whether another reload is to follow this one.</summary>
    public bool IsWantedAgain { get; private set; }

    /// <summary>When it began.</summary>
    public TimeSpan BeganAt { get; private set; }

    /// <summary>How many workers there were to replace.</summary>
    public int Count { get; private set; }

    /// <summary>Begins a reload.</summary>
    public void Begin(IEnumerable<int> indexes, TimeSpan now)
    {
        Generation++;
        IsProven = false;
        IsWantedAgain = false;
        BeganAt = now;
        _left.Clear();
        _left.UnionWith(indexes);
        Count = _left.Count;
    }

    /// <summary>Another reload is to follow this one.</summary>
    public void WantAgain() => IsWantedAgain = true;

    /// <summary>Whether the worker of this index is to be replaced.</summary>
    public bool Contains(int index) => _left.Contains(index);

    /// <summary>A worker is ready.</summary>
    /// <returns>Whether it was the last that was missing.</returns>
    public bool OnReady(int index, int generation)
    {
        if (generation != Generation)
        {
            return false;
        }

        IsProven = true;
        return Drop(index);
    }

    /// <summary>The worker of this index needs no replacement any more: it has ended, and what follows it has the new code anyway.</summary>
    /// <returns>Whether it was the last that was missing.</returns>
    public bool Drop(int index) => _left.Remove(index) && _left.Count == 0;

    /// <summary>The new code does not start: nothing is replaced any more.</summary>
    public void Abandon() => _left.Clear();
}
