namespace Hydra.State;

/// <summary>What an entry is for: keys of different kinds do not meet.</summary>
internal enum StateSpace : byte
{
    /// <summary>Values and counters.</summary>
    Value = (byte)'v',

    /// <summary>Rates.</summary>
    Rate = (byte)'r',

    /// <summary>Moving windows.</summary>
    Window = (byte)'w',

    /// <summary>Calls that were made once, by their idempotency key.</summary>
    Once = (byte)'o',

    /// <summary>Locks and semaphores.</summary>
    Lock = (byte)'l',
}

/// <summary>A key as the table has it: the space it is in, and its bytes.</summary>
internal readonly ref struct StateKey(StateSpace space, ReadOnlySpan<byte> bytes)
{
    /// <summary>The space.</summary>
    public StateSpace Space { get; } = space;

    /// <summary>The bytes that the application has given.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}

/// <summary>Finds entries by space and bytes, without a copy of them. The hash has a seed of the process's own.</summary>
internal sealed class StateKeyComparer : IEqualityComparer<StateEntry>, IAlternateEqualityComparer<StateKey, StateEntry>
{
    /// <inheritdoc/>
    public bool Equals(StateEntry? x, StateEntry? y) => ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.Key, y));

    /// <inheritdoc/>
    public int GetHashCode(StateEntry obj) => GetHashCode(obj.Key);

    /// <inheritdoc/>
    public bool Equals(StateKey alternate, StateEntry other) => alternate.Space == other.Space && alternate.Bytes.SequenceEqual(other.Name);

    /// <inheritdoc/>
    public int GetHashCode(StateKey alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate.Bytes);
        hash.Add((byte)alternate.Space);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public StateEntry Create(StateKey alternate) => new(alternate);
}
