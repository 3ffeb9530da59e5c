namespace Hydra.State;

/// <summary>Something that is due at a time. Under the store's gate, as all here.</summary>
internal abstract class DueItem
{
    /// <summary>When, in milliseconds of the store's clock; <see cref="long.MaxValue"/> is never.</summary>
    public long Due { get; set; } = long.MaxValue;

    /// <summary>The time under which it stands in the store's queue; <see cref="long.MaxValue"/> where it does not.</summary>
    public long QueuedAt { get; set; } = long.MaxValue;

    /// <summary>It is not in the store any more.</summary>
    public bool IsGone { get; set; }
}

/// <summary>What is kept under a key.</summary>
internal sealed class StateEntry(StateKey key) : DueItem
{
    /// <summary>What an entry takes beside its key and its value: itself, its place in the tables, the headers of its arrays.</summary>
    public const int Overhead = 200;

    /// <summary>What a hit of a moving window is counted as.</summary>
    public const long HitCost = sizeof(long) * 2;

    /// <summary>The space that the key is in.</summary>
    public StateSpace Space { get; } = key.Space;

    /// <summary>The bytes of the key.</summary>
    public byte[] Name { get; } = key.Bytes.ToArray();

    /// <summary>The key.</summary>
    public StateKey Key => new(Space, Name);

    /// <summary>The value; null where it is <see cref="Number"/>.</summary>
    public byte[]? Value { get; set; }

    /// <summary>The number; where the entry is a rate, when it is used up to (microseconds).</summary>
    public long Number { get; set; }

    /// <summary>Whether the value is the number.</summary>
    public bool IsNumber { get; set; }

    /// <summary>Grows with each change of anything in the store.</summary>
    public long Version { get; set; }

    /// <summary>When the hits of a moving window were, oldest first; null for what is none.</summary>
    public Queue<long>? Hits { get; set; }

    /// <summary>The next one that was used less lately, and the one more lately.</summary>
    public StateEntry? Older { get; set; }

    /// <inheritdoc cref="Older"/>
    public StateEntry? Newer { get; set; }

    /// <summary>Bytes that it is counted as.</summary>
    public long Cost => Overhead + Name.Length + (Value?.Length ?? 0) + ((Hits?.Count ?? 0) * HitCost);
}
