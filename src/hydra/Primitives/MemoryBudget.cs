namespace Hydra.Primitives;

/// <summary>
/// How many bytes something may hold in all requests together. Any thread. What is taken must be given back; a budget that is used up
/// refuses, and its users do with less.
/// </summary>
/// <param name="capacity">Bytes.</param>
/// <param name="whole">The budget that this one is a share of: what is taken here is taken there as well. Null where it is no share.</param>
internal sealed class MemoryBudget(long capacity, MemoryBudget? whole = null)
{
    private long _used;

    /// <summary>Bytes that may be taken.</summary>
    public long Capacity => capacity;

    /// <summary>Bytes that are taken.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Three quarters are taken, here or of the whole: who can do with less is to give some back.</summary>
    public bool IsTight => Used > capacity - (capacity / 4) || whole is { IsTight: true };

    /// <summary>All is taken, here or of the whole, also behind what <see cref="MakesRoom"/> could give back.</summary>
    public bool IsUsedUp
    {
        get
        {
            if (Used >= capacity)
            {
                MakesRoom?.Invoke(Used - capacity + 1);
            }

            return Used >= capacity || whole is { IsUsedUp: true };
        }
    }

    /// <summary>
    /// Gives back bytes of what can be done without, where bytes are to be taken that are not there: as many as it is told, or all that there is of it. Null for
    /// nobody. Called by whoever takes, under whatever locks of its own: it must not wait for one of those, nor take anything here.
    /// </summary>
    public Action<long>? MakesRoom { get; set; }

    /// <summary>Takes bytes, all or none.</summary>
    public bool TryTake(long bytes)
    {
        if (TryTakeOnce(bytes))
        {
            return true;
        }

        if (MakesRoom is not { } makesRoom)
        {
            return false;
        }

        makesRoom(bytes);
        return TryTakeOnce(bytes);
    }

    /// <summary>Takes bytes also beyond the capacity: for what has come already, and is to leave the memory at once.</summary>
    public void Take(long bytes)
    {
        Interlocked.Add(ref _used, bytes);
        whole?.Take(bytes);
    }

    /// <summary>Gives bytes back.</summary>
    public void Give(long bytes)
    {
        Interlocked.Add(ref _used, -bytes);
        whole?.Give(bytes);
    }

    private bool TryTakeOnce(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= capacity && whole?.TryTake(bytes) != false)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }
}
