namespace Hydra.Diagnostics;

/// <summary>Remembers counts for some seconds, so that there are rates for whoever asks once. Any thread.</summary>
/// <param name="span">How far back.</param>
/// <param name="time">The clock.</param>
internal sealed class RateWindow(TimeSpan span, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long At, RequestCounts Counts)> _samples = new();

    /// <summary>Remembers the counts of now. To be called at a steady interval that is a part of the span.</summary>
    public void Add(RequestCounts counts)
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            while (_samples.TryPeek(out (long At, RequestCounts Counts) oldest) && time.GetElapsedTime(oldest.At, now) > span)
            {
                _samples.Dequeue();
            }

            _samples.Enqueue((now, counts));
        }
    }

    /// <summary>What requests were like since the oldest sample.</summary>
    /// <param name="counts">The counts of now.</param>
    public RequestRates Read(RequestCounts counts)
    {
        lock (_lock)
        {
            if (!_samples.TryPeek(out (long At, RequestCounts Counts) oldest))
            {
                return new RequestRates(TimeSpan.Zero, 0, 0, null, null, null);
            }

            TimeSpan since = time.GetElapsedTime(oldest.At);
            HistogramCounts durations = counts.Durations - oldest.Counts.Durations;
            double seconds = Math.Max(since.TotalSeconds, 0.001);
            return new RequestRates(
                since,
                (counts.Total - oldest.Counts.Total) / seconds,
                (counts.Failed - oldest.Counts.Failed) / seconds,
                Histogram.Percentile(durations, 0.5),
                Histogram.Percentile(durations, 0.9),
                Histogram.Percentile(durations, 0.99));
        }
    }
}
