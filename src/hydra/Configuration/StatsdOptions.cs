using Hydra.Diagnostics;

namespace Hydra.Configuration;

/// <summary>A statsd daemon that is told how the server is.</summary>
internal sealed record StatsdOptions
{
    /// <summary>Where it is; null for none.</summary>
    public StatsdAddress? Address { get; init; }

    /// <summary>What stands in front of the names; empty for nothing.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Tags of DogStatsD, separated by commas; empty for none.</summary>
    public string Tags { get; init; } = "";
}
