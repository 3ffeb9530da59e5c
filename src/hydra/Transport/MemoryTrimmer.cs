namespace Hydra.Transport;

/// <summary>
/// Gives the system back what connections have left behind that went to sleep: they were long-lived, so the collector would come to them
/// only when the heap has grown further, and a server with idle clients does nothing that would make it grow. Any thread.
/// </summary>
internal sealed class MemoryTrimmer
{
    // A thousand connections leave 7 MB behind. Collecting stops the loops for some milliseconds, so it is not done often.
    private const int LeastHibernated = 1_000;
    private const long LeastPause = 30_000;

    private int _hibernated;
    private int _seen;
    private long _nextAt;

    /// <summary>A connection has fallen asleep.</summary>
    public void OnHibernated() => Interlocked.Increment(ref _hibernated);

    /// <summary>A loop has looked after its connections: collects if many have fallen asleep, and no more are doing so.</summary>
    /// <param name="now">Milliseconds on the clock of <see cref="Environment.TickCount64"/>.</param>
    public void OnLook(long now)
    {
        int hibernated = Volatile.Read(ref _hibernated);
        int before = Interlocked.Exchange(ref _seen, hibernated);
        if (hibernated < LeastHibernated || hibernated - before > hibernated / 10 || now < Volatile.Read(ref _nextAt))
        {
            return;
        }

        Volatile.Write(ref _nextAt, now + LeastPause);
        Volatile.Write(ref _hibernated, 0);
        Volatile.Write(ref _seen, 0);
        ThreadPool.UnsafeQueueUserWorkItem(
            static _ => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true), null);
    }
}
