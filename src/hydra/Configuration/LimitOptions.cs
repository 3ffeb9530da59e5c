using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>How many connections and requests clients may have.</summary>
internal sealed record LimitOptions
{
    /// <summary>Connections in all; 0 for as many as there are descriptors for, null for as many as there are memory and descriptors for.</summary>
    public int? Connections { get; init; }

    /// <summary>Connections of one address; 0 for any number, null for half of those that the server bounds by itself.</summary>
    public int? ConnectionsPerAddress { get; init; }

    /// <summary>Requests on one connection; 0 for any number.</summary>
    public int RequestsPerConnection { get; init; }

    /// <summary>How often one client may ask, for each path that is named; none for as often as it likes.</summary>
    public IReadOnlyList<RateLimit> Rates { get; init; } = [];

    /// <summary>The header field that tells clients apart for the rates; null for their addresses.</summary>
    public string? RateBy { get; init; }

    /// <summary>Whether somebody has said how many, so that those at rest count as well.</summary>
    public bool CountsConnections => Connections > 0 || ConnectionsPerAddress > 0;
}
