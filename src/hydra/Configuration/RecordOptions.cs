namespace Hydra.Configuration;

/// <summary>Which requests are kept to be looked at, and sent again.</summary>
internal sealed record RecordOptions
{
    /// <summary>So many of the last; 0 for none.</summary>
    public int Most { get; init; }

    /// <summary>Bytes that all of them may take.</summary>
    public long Bytes { get; init; } = 16 << 20;

    /// <summary>Whether secrets are taken out.</summary>
    public bool Masks { get; init; } = true;
}
