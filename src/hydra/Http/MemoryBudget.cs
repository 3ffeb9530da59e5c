namespace Hydra.Http;

/// <summary>
/// How many bytes something may hold in all requests together. Any thread. What is taken must be given back; a budget that is used up
/// refuses, and its users do with less.
/// </summary>
/// <param name="capacity">Bytes.</param>
internal sealed class MemoryBudget(long capacity)
{
    private long _used;

    /// <summary>Bytes that are taken.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Three quarters are taken: who can do with less is to give some back.</summary>
    public bool IsTight => Used > capacity - (capacity / 4);

    /// <summary>Takes bytes, all or none.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= capacity)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>Takes bytes also beyond the capacity: for what has come already, and is to leave the memory at once.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>Gives bytes back.</summary>
    public void Give(long bytes) => Interlocked.Add(ref _used, -bytes);
}
