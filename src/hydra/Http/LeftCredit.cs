namespace Hydra.Http;

/// <summary>
/// What workers have sent that have a connection no more, and its client has not taken yet: when it does that is credit for nobody, as the present worker has begun
/// with all of its own. One takes; any thread may add.
/// </summary>
internal sealed class LeftCredit
{
    // So many windows may wait for a client that takes nothing while it goes from worker to worker.
    private const long Most = 4;

    private long _bytes;

    /// <summary>Whether it is not too much for another worker to begin with a window of its own.</summary>
    public bool IsWithin(long window, long more = 0) => Volatile.Read(ref _bytes) + more <= Most * window;

    /// <summary>So much more waits for the client.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>The client has taken something.</summary>
    /// <returns>As much of it as the present worker may send again.</returns>
    public long Reduce(long taken)
    {
        if (Volatile.Read(ref _bytes) is not (> 0 and long left))
        {
            return taken;
        }

        long own = Math.Max(0, taken - left);
        Interlocked.Add(ref _bytes, own - taken);
        return own;
    }

    /// <summary>Nothing waits.</summary>
    public void Clear() => Volatile.Write(ref _bytes, 0);
}
