namespace Hydra.Diagnostics;

/// <summary>What was counted of requests up to one moment.</summary>
/// <param name="ByClass">Requests that are over, by the first digit of their status, from 1.</param>
/// <param name="Durations">The same by how long they took.</param>
internal sealed record RequestCounts(IReadOnlyList<long> ByClass, HistogramCounts Durations)
{
    /// <summary>All of them.</summary>
    public long Total => ByClass.Sum();

    /// <summary>Those with a status of 5xx.</summary>
    public long Failed => ByClass[^1];
}

/// <summary>What requests were like within a span of time.</summary>
/// <param name="Span">The span.</param>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="FailedPerSecond">Those with a status of 5xx.</param>
/// <param name="Median">Half of them took less; null where there were none.</param>
/// <param name="Ninety">90 % of them.</param>
/// <param name="NinetyNine">99 % of them.</param>
internal sealed record RequestRates(TimeSpan Span, double PerSecond, double FailedPerSecond, TimeSpan? Median, TimeSpan? Ninety, TimeSpan? NinetyNine);
