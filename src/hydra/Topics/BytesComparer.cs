namespace Hydra.Topics;

/// <summary>Finds names by their bytes, without a copy of them. The hash has a seed of the process's own.</summary>
internal sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    /// <summary>It has no state.</summary>
    public static BytesComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.AsSpan().SequenceEqual(y));

    /// <inheritdoc/>
    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    /// <inheritdoc/>
    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    /// <inheritdoc/>
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}

/// <summary>Looks names up.</summary>
internal static class NamedByBytes
{
    /// <summary>What has this name; null where nothing has.</summary>
    public static T? Find<T>(this Dictionary<byte[], T> all, ReadOnlySpan<byte> name)
        where T : class
        => all.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out T? found) ? found : null;
}
