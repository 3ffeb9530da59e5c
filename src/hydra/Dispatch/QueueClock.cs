namespace Hydra.Dispatch;

/// <summary>The clock of a queue, in the units in which its parts count. Any thread.</summary>
/// <param name="time">The clock.</param>
internal sealed class QueueClock(TimeProvider time)
{
    /// <summary>As seldom as anybody may look.</summary>
    public static readonly TimeSpan LongestPeriod = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(10);

    /// <summary>Now, as a timestamp.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>The time between two timestamps.</summary>
    public TimeSpan Between(long start, long end) => time.GetElapsedTime(start, end);

    /// <summary>A timestamp in seconds.</summary>
    public double Seconds(long timestamp) => (double)timestamp / time.TimestampFrequency;

    /// <summary>A time in ticks of timestamps.</summary>
    public long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>Microseconds in ticks of timestamps.</summary>
    public long Ticks(uint microseconds) => microseconds * time.TimestampFrequency / 1_000_000;

    /// <summary>What a request is told of its wait. Less than a millisecond is what it takes to hear of a worker that it has room: such a request did not wait.</summary>
    public uint Microseconds(long ticks)
        => ticks < time.TimestampFrequency / 1000 ? 0 : (uint)Math.Min(time.GetElapsedTime(0, ticks).TotalMicroseconds, uint.MaxValue);

    /// <summary>How often requests are looked at that may wait for so long: often enough, from a hundred times a second to four times.</summary>
    /// <param name="timeout">Zero for no bound.</param>
    /// <param name="longest">What is often enough for others.</param>
    public static TimeSpan PeriodOf(TimeSpan timeout, TimeSpan longest)
    {
        TimeSpan twentieth = timeout > TimeSpan.Zero ? timeout / 20 : longest;
        return twentieth < ShortestPeriod ? ShortestPeriod : twentieth > longest ? longest : twentieth;
    }
}
