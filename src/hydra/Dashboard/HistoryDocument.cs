using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hydra.Dashboard;

/// <summary>What GET /v1/history gives: docs/dashboard.md explains the members.</summary>
internal sealed record HistoryDocument
{
    /// <summary>Names this life of the server: another after a restart.</summary>
    public string Run { get; init; } = "";

    /// <summary>Seconds between samples.</summary>
    public double Interval { get; init; }

    /// <summary>How many samples are kept.</summary>
    public int Kept { get; init; }

    /// <summary>The server's clock: seconds since 1970.</summary>
    public double Now { get; init; }

    /// <summary>The names of the applications, in the order of the samples' pools.</summary>
    public IReadOnlyList<string> Pools { get; init; } = [];

    /// <summary>The samples, the oldest first.</summary>
    public IReadOnlyList<HistorySample> Samples { get; init; } = [];

    /// <summary>The slowest requests of the last minutes, the slowest first.</summary>
    public IReadOnlyList<SlowestItem> Slowest { get; init; } = [];
}

/// <summary>A request that took long.</summary>
/// <param name="Ago">Seconds since its end.</param>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path, without its query.</param>
/// <param name="Status">What its client got.</param>
/// <param name="Elapsed">Seconds from its head to the end of the response.</param>
/// <param name="Queued">Seconds of these that it has waited for a worker.</param>
/// <param name="Worker">The number of its worker; null for none.</param>
internal sealed record SlowestItem(double Ago, string Method, string Path, int Status, double Elapsed, double Queued, int? Worker);

/// <summary>An answer that is none.</summary>
/// <param name="Error">A sentence.</param>
internal sealed record DashboardError(string Error);

/// <summary>The serializers of the dashboard, made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(DashboardError))]
internal sealed partial class DashboardJson : JsonSerializerContext;
