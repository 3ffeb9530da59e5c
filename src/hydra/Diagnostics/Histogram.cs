using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>Counts durations by size. Any thread may add; what is read while others add is as of some moment of the reading.</summary>
internal sealed class Histogram
{
    // In seconds; the last bucket, for everything, has no bound.
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

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

    /// <summary>Writes the samples in the text format of Prometheus, where each bucket counts the smaller ones as well.</summary>
    public void Write(StringBuilder text, string name)
    {
        long count = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            count += Volatile.Read(ref _counts[i]);
            string bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{bound}\"}} {count}\n");
        }

        double sum = TimeSpan.FromTicks(Volatile.Read(ref _ticks)).TotalSeconds;
        text.Append(CultureInfo.InvariantCulture, $"{name}_sum {sum}\n{name}_count {count}\n");
    }
}
