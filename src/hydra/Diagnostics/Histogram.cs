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

    // The largest of each bucket, in ticks.
    private readonly long[] _largest = new long[Bounds.Length + 1];
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

        // The count comes last, and is read first: what is counted has its part in the rest.
        long largest = Volatile.Read(ref _largest[bucket]);
        while (duration.Ticks > largest)
        {
            largest = Interlocked.CompareExchange(ref _largest[bucket], duration.Ticks, largest);
        }

        Interlocked.Add(ref _ticks, duration.Ticks);
        Interlocked.Increment(ref _counts[bucket]);
    }

    /// <summary>The size below which a share of the durations is, as well as it can be told; null where there are none.</summary>
    /// <param name="counts">Counts, or the difference between two.</param>
    /// <param name="share">From 0 to 1.</param>
    public static TimeSpan? Percentile(in HistogramCounts counts, double share)
    {
        long total = counts.Buckets.Sum();
        if (total <= 0)
        {
            return null;
        }

        double wanted = share * total;
        double below = 0;
        for (int i = 0; i < counts.Buckets.Length; i++)
        {
            long here = counts.Buckets[i];
            if (here > 0 && below + here >= wanted)
            {
                // As if those of a bucket were spread evenly, up to the largest that there was.
                double low = i == 0 ? 0 : Bounds[i - 1];
                double high = Math.Max(low, Math.Min(counts.Largest[i].TotalSeconds, LargestBySum(counts, i)));
                return TimeSpan.FromSeconds(total == 1 ? high : low + ((high - low) * Math.Clamp((wanted - below) / here, 0, 1)));
            }

            below += here;
        }

        return counts.Largest[^1];
    }

    // None of a bucket is larger than what all the others together leave of the sum. Of few, which is where it matters, that says much: of one it is that.
    private static double LargestBySum(in HistogramCounts counts, int bucket)
    {
        double others = 0;
        for (int i = 1; i < counts.Buckets.Length; i++)
        {
            others += (counts.Buckets[i] - (i == bucket ? 1 : 0)) * Bounds[i - 1];
        }

        return counts.Sum.TotalSeconds - others;
    }

    /// <summary>What was counted so far.</summary>
    public HistogramCounts Read()
    {
        long[] counts = [.. Enumerable.Range(0, _counts.Length).Select(i => Volatile.Read(ref _counts[i]))];
        return new(counts, TimeSpan.FromTicks(Volatile.Read(ref _ticks)), [.. Enumerable.Range(0, _largest.Length).Select(i => TimeSpan.FromTicks(Volatile.Read(ref _largest[i])))]);
    }

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
/// <param name="Largest">The largest of each bucket since the beginning.</param>
internal readonly record struct HistogramCounts(long[] Buckets, TimeSpan Sum, TimeSpan[] Largest)
{
    /// <summary>Both together.</summary>
    public static HistogramCounts operator +(HistogramCounts left, HistogramCounts right) => new(
        [.. left.Buckets.Zip(right.Buckets, static (a, b) => a + b)], left.Sum + right.Sum, [.. left.Largest.Zip(right.Largest, static (a, b) => a > b ? a : b)]);

    /// <summary>What came after the right one, which is an older one of the same.</summary>
    public static HistogramCounts operator -(HistogramCounts left, HistogramCounts right)
        => new([.. left.Buckets.Zip(right.Buckets, static (a, b) => a - b)], left.Sum - right.Sum, left.Largest);
}
