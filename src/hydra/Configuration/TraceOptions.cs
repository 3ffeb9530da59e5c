using Hydra.Tracing;

namespace Hydra.Configuration;

/// <summary>What was said of traces of requests.</summary>
internal sealed record TraceOptions
{
    /// <summary>Whether there are to be any.</summary>
    public bool IsWanted { get; init; }

    /// <summary>Where they go; null where the variables of OpenTelemetry say so, or nobody.</summary>
    public OtlpEndpoint? Endpoint { get; init; }

    /// <summary>Of requests that are in no trace yet so many are recorded, from 0 to 1; null where the variables of OpenTelemetry say so, or nobody.</summary>
    public double? Ratio { get; init; }

    /// <summary>What the server is called in them; null where the variables of OpenTelemetry say so, or nobody.</summary>
    public string? Service { get; init; }

    /// <summary>Header fields of what is sent, beside those that the variables of OpenTelemetry name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What comes of all that; null where there are no traces.</summary>
    public TraceSettings? Settings { get; init; }
}
