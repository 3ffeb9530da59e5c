namespace Hydra.Tracing;

/// <summary>Which requests are recorded, as the samplers of OpenTelemetry's SDKs decide it.</summary>
/// <param name="FollowsParent">A request that says in what trace it belongs is recorded where that is (parentbased_…).</param>
/// <param name="Ratio">Of the others, and of all where the parent does not count, so many: from 0 to 1.</param>
internal sealed record TraceSampler(bool FollowsParent, double Ratio)
{
    /// <summary>The samplers that have a name (OTEL_TRACES_SAMPLER), with whether their ratio is that of OTEL_TRACES_SAMPLER_ARG.</summary>
    public static IReadOnlyList<(string Name, TraceSampler Sampler, bool HasRatio)> Named { get; } =
    [
        ("always_on", new(false, 1), false),
        ("always_off", new(false, 0), false),
        ("traceidratio", new(false, 1), true),
        ("parentbased_always_on", new(true, 1), false),
        ("parentbased_always_off", new(true, 0), false),
        ("parentbased_traceidratio", new(true, 1), true),
    ];

    /// <summary>Whether a request is recorded.</summary>
    /// <param name="parent">Where it belongs; null where its trace begins with it.</param>
    /// <param name="low">The second half of its trace's id.</param>
    /// <remarks>The same for all parts of a trace that have the same ratio: by the second half of its id, less its last bit, as the SDKs have it.</remarks>
    public bool Samples(in TraceParent? parent, ulong low)
        => FollowsParent && parent is { } known ? known.IsSampled : Ratio >= 1 || low >> 1 < (ulong)(Ratio * (1UL << 63));
}
