using System.Runtime;
using Hydra.Primitives;

namespace Hydra.Hosting;

/// <summary>Gives memory back to the system after a wave: the collector keeps what it once had, since it collects only while there is work.</summary>
internal sealed class MemoryTrimmer : IDisposable
{
    private readonly MemoryTrim _trim = new();
    private readonly MemoryBudget _memory;
    private readonly ITimer _timer;

    /// <summary>Begins to look.</summary>
    /// <param name="memory">What clients have the server hold.</param>
    /// <param name="time">The clock.</param>
    public MemoryTrimmer(MemoryBudget memory, TimeProvider time)
    {
        _memory = memory;
        _timer = time.CreateTimer(_ => Look(), null, MemoryTrim.Interval, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long before = Environment.WorkingSet;
        if (_trim.IsDue(before, _memory.Used))
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _trim.Done(before, Environment.WorkingSet);
        }

        // One look at a time, and none after the end.
        _timer.Change(MemoryTrim.Interval, Timeout.InfiniteTimeSpan);
    }
}
