namespace Hydra.Tracing;

/// <summary>Where records of requests go, and which there are.</summary>
internal sealed record TraceSettings
{
    /// <summary>What takes them.</summary>
    public required OtlpEndpoint Endpoint { get; init; }

    /// <summary>Which requests are recorded.</summary>
    public TraceSampler Sampler { get; init; } = new(FollowsParent: true, 1);

    /// <summary>What the server is, in the words of OpenTelemetry: service.name, and what OTEL_RESOURCE_ATTRIBUTES says.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Resource { get; init; } = [];

    /// <summary>Header fields of what is sent, such as the key of an account.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>A file with the certificates of those who vouch for the collector; null for those of the system.</summary>
    public string? Authorities { get; init; }

    /// <summary>Whether what is sent is compressed.</summary>
    public bool UsesGzip { get; init; }

    /// <summary>Spans that may wait to be sent.</summary>
    public int MostWaiting { get; init; } = 2048;

    /// <summary>Spans that are sent together.</summary>
    public int Batch { get; init; } = 512;

    /// <summary>How long they wait for others.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the collector may take for an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
