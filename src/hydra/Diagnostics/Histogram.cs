using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>Counts durations by size. Any thread may add; what is read while others add is as of some moment of the reading.</summary>
internal sealed class Histogram
{
    // In seconds; the last bucket, for everything, has no bound. Finer than what is published: percentiles are read off them.
    private static readonly double[] Bounds =
    [
        0.0001, 0.00015, 0.00025, 0.0004, 0.0006, 0.001, 0.0015, 0.0025, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.035, 0.05, 0.075, 0.1,
        0.15, 0.25, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 3.5, 5, 7.5, 10, 15, 30, 60,
    ];

    private static readonly double[] Published = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly long[] _counts = new long[Bounds.Length + 1];
    private long _ticks;

    /// <summary>Counts a duration.</summary>
    public void Add(TimeSpan duration)
    {
        double seconds = duration.TotalSeconds;
        int bucket = 0;
        while (bucket < Bounds.Length && seconds > Bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _ticks, duration.Ticks);
    }

    /// <summary>The counts by size, for <see cref="Percentile"/>.</summary>
    public long[] Counts() => [.. Enumerable.Range(0, _counts.Length).Select(i => Volatile.Read(ref _counts[i]))];

    /// <summary>The size below which a share of the durations is, as well as it can be told; null where there are none.</summary>
    /// <param name="counts">Counts, or the difference between two.</param>
    /// <param name="share">From 0 to 1.</param>
    public static TimeSpan? Percentile(IReadOnlyList<long> counts, double share)
    {
        long total = counts.Sum();
        if (total <= 0)
        {
            return null;
        }

        double wanted = share * total;
        double below = 0;
        for (int i = 0; i < counts.Count; i++)
        {
            if (counts[i] > 0 && below + counts[i] >= wanted)
            {
                // As if those of a bucket were spread evenly; of what has no bound no more is known than where it begins.
                double low = i == 0 ? 0 : Bounds[i - 1];
                double high = i < Bounds.Length ? Bounds[i] : low;
                return TimeSpan.FromSeconds(low + ((high - low) * Math.Clamp((wanted - below) / counts[i], 0, 1)));
            }

            below += counts[i];
        }

        return TimeSpan.FromSeconds(Bounds[^1]);
    }

    /// <summary>What was counted so far.</summary>
    public HistogramCounts Read() => new(Counts(), TimeSpan.FromTicks(Volatile.Read(ref _ticks)));

    /// <summary>Writes the samples in the text format of Prometheus, where each bucket counts the smaller ones as well.</summary>
    /// <param name="text">Takes them.</param>
    /// <param name="name">The metric.</param>
    /// <param name="counts">What was counted.</param>
    /// <param name="labels">The labels of all samples.</param>
    public static void Write(StringBuilder text, string name, HistogramCounts counts, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        long count = 0;
        int next = 0;
        foreach (double bound in Published)
        {
            while (next < Bounds.Length && Bounds[next] <= bound)
            {
                count += counts.Buckets[next++];
            }

            PrometheusText.Sample(text, name + "_bucket", count, [.. labels, ("le", bound.ToString(CultureInfo.InvariantCulture))]);
        }

        count = counts.Buckets.Sum();
        PrometheusText.Sample(text, name + "_bucket", count, [.. labels, ("le", "+Inf")]);
        PrometheusText.Sample(text, name + "_sum", counts.Sum.TotalSeconds, labels);
        PrometheusText.Sample(text, name + "_count", count, labels);
    }
}

/// <summary>What a <see cref="Histogram"/> has counted.</summary>
/// <param name="Buckets">Its counts by size.</param>
/// <param name="Sum">All durations together.</param>
internal readonly record struct HistogramCounts(long[] Buckets, TimeSpan Sum)
{
    /// <summary>Both together.</summary>
    public static HistogramCounts operator +(HistogramCounts left, HistogramCounts right)
        => new([.. left.Buckets.Zip(right.Buckets, static (a, b) => a + b)], left.Sum + right.Sum);
}
