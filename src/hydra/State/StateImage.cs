namespace Hydra.State;

/// <summary>
/// What was in a store when it stopped: everything that another one needs to go on with it. Times are relative to that moment, so that the other may
/// have a clock of its own.
/// </summary>
/// <param name="Entries">Values, counters, rates, windows and the calls that were made once; those that are used in an order, in that order.</param>
/// <param name="Leases">The places in locks that somebody has; of each lock in the order in which they were taken.</param>
/// <param name="Version">The last version that was given to a value.</param>
/// <param name="Token">The last fencing token that was given.</param>
internal sealed record StateImage(IEnumerable<SavedEntry> Entries, IEnumerable<SavedLease> Leases, long Version, long Token);

/// <summary>An entry, as it leaves one store for another.</summary>
/// <param name="Space">The space that its key is in.</param>
/// <param name="Name">The bytes of its key.</param>
/// <param name="Value">The value; null where it is the number.</param>
/// <param name="Number">The number; of a rate, when it is used up to, in microseconds from now.</param>
/// <param name="IsNumber">Whether the value is the number.</param>
/// <param name="Version">Its version.</param>
/// <param name="Left">Milliseconds that it is there yet; null for ever.</param>
/// <param name="Ages">How long ago the hits of a moving window were, in milliseconds, oldest first; null for what is none.</param>
internal sealed record SavedEntry(
    StateSpace Space, byte[] Name, byte[]? Value, long Number, bool IsNumber, long Version, long? Left, long[]? Ages)
{
    private const long MicrosecondsPerMillisecond = 1000;

    /// <summary>Describes an entry.</summary>
    public static SavedEntry Of(StateEntry entry, long now) => new(
        entry.Space, entry.Name, entry.Value, entry.Space is StateSpace.Rate ? entry.Number - (now * MicrosecondsPerMillisecond) : entry.Number,
        entry.IsNumber, entry.Version, entry.Due == long.MaxValue ? null : Math.Max(entry.Due - now, 0),
        entry.Hits is null ? null : [.. entry.Hits.Select(hit => now - hit)]);

    /// <summary>Bytes that its value takes, as <see cref="StateEntry.Cost"/> counts them.</summary>
    public long Size => (Value?.Length ?? 0) + ((Ages?.Length ?? 0) * StateEntry.HitCost);

    /// <summary>Gives an entry what this one had.</summary>
    public void CopyTo(StateEntry entry, long now)
    {
        entry.Value = Value;
        entry.Number = Space is StateSpace.Rate ? Number + (now * MicrosecondsPerMillisecond) : Number;
        entry.IsNumber = IsNumber;
        entry.Version = Version;
        entry.Hits = Ages is null ? null : new Queue<long>(Ages.Select(age => now - age));
    }
}

/// <summary>A place in a lock, as it leaves one store for another.</summary>
/// <param name="Name">The bytes of the lock's key.</param>
/// <param name="Token">The fencing token.</param>
/// <param name="Left">Milliseconds that it lasts yet; null for ever.</param>
/// <param name="Owner">Who has it.</param>
/// <param name="By">The link and the call by which it was got.</param>
internal sealed record SavedLease(byte[] Name, long Token, long? Left, StateOwner Owner, (IStateCaller Caller, uint Sequence) By);
