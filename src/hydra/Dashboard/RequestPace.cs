using Hydra.Diagnostics;

namespace Hydra.Dashboard;

/// <summary>Makes rates of counts that are read again and again. For one thread.</summary>
/// <param name="time">The clock.</param>
internal sealed class RequestPace(TimeProvider time)
{
    /// <summary>
    /// How far back percentiles look: of the few requests of one second they would say little.
    /// </summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(5);

    private readonly Queue<(long At, RequestCounts Counts, long Failures)> _before = new();
    private (long At, RequestCounts Counts, long Failures) _last;

    /// <summary>What was between the last call and this one.</summary>
    /// <param name="counts">The counts of now.</param>
    /// <param name="failures">Requests without a complete answer so far.</param>
    /// <returns>Null at the first call, which has nothing to compare with.</returns>
    public Pace? Next(RequestCounts counts, long failures)
    {
        long now = time.GetTimestamp();
        Pace? pace = null;
        if (_before.Count > 0)
        {
            double seconds = Math.Max(time.GetElapsedTime(_last.At, now).TotalSeconds, 0.001);
            while (_before.Count > 1 && time.GetElapsedTime(_before.Peek().At, now) > Span + (Span / 10))
            {
                _before.Dequeue();
            }

            HistogramCounts durations = counts.Durations - _before.Peek().Counts.Durations;
            pace = new Pace(
                [.. counts.ByClass.Zip(_last.Counts.ByClass, (after, before) => (after - before) / seconds)],
                (failures - _last.Failures) / seconds,
                Histogram.Percentile(durations, 0.5), Histogram.Percentile(durations, 0.9), Histogram.Percentile(durations, 0.99), seconds);
        }

        _last = (now, counts, failures);
        _before.Enqueue(_last);
        return pace;
    }
}

/// <summary>Requests of a short time.</summary>
/// <param name="Status">How many ended, a second, by the first digit of their status, from 1.</param>
/// <param name="Failures">Those without a complete answer of an application, a second.</param>
/// <param name="Median">Half of those of the last seconds took less; null where there were none.</param>
/// <param name="Ninety">90 % of them.</param>
/// <param name="NinetyNine">99 % of them.</param>
/// <param name="Seconds">How long that time was.</param>
internal sealed record Pace(IReadOnlyList<double> Status, double Failures, TimeSpan? Median, TimeSpan? Ninety, TimeSpan? NinetyNine, double Seconds);
