using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>Says that requests are refused for want of memory: at once when it begins, then every few seconds, with their number. Any thread.</summary>
internal sealed class ShortageLog(ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long _saidAt;
    private long _unsaid;

    /// <summary>One is refused.</summary>
    /// <param name="limit">Bytes that clients may have the front hold.</param>
    public void Add(long limit)
    {
        Interlocked.Increment(ref _unsaid);
        long now = Stopwatch.GetTimestamp();
        long before = Volatile.Read(ref _saidAt);
        if ((before == 0 || Stopwatch.GetElapsedTime(before, now) >= Interval) && Interlocked.CompareExchange(ref _saidAt, now, before) == before)
        {
            HttpLog.MemoryShort(logger, limit / 1024, Interlocked.Exchange(ref _unsaid, 0));
        }
    }
}
