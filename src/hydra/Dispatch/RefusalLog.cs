using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Dispatch;

/// <summary>Says that requests are refused: at once when it begins, then every few seconds, with their number. Under the dispatcher's gate.</summary>
internal sealed class RefusalLog(ILogger logger)
{
    private const double Interval = 10;

    private long _full;
    private long _late;
    private double _saidAt = double.NegativeInfinity;
    private long _refused;

    /// <summary>Requests that found the queue full. Any thread.</summary>
    public long Full => Volatile.Read(ref _full);

    /// <summary>Requests that had waited as long as they may. Any thread.</summary>
    public long Late => Volatile.Read(ref _late);

    /// <summary>Counts requests that are refused, and says so if it was not said lately.</summary>
    /// <param name="refusal">Why.</param>
    /// <param name="count">How many.</param>
    /// <param name="queue">What waits.</param>
    /// <param name="now">Seconds of any clock that never goes back.</param>
    public void Add(in Refusal refusal, int count, RequestQueue queue, double now)
    {
        _refused += count;
        ref long total = ref refusal.Reason is Failure.QueueFull ? ref _full : ref _late;
        Volatile.Write(ref total, total + count);
        if (now - _saidAt < Interval)
        {
            return;
        }

        string reason = refusal.Reason is Failure.QueueFull ? "the queue is full" : "they had waited as long as they may";
        DispatchLog.Refused(logger, Counted.Of(_refused, "request"), reason, queue.Count == 1 ? "1 waits" : $"{queue.Count} wait", queue.Bytes / 1024, refusal.RetryAfter);
        _saidAt = now;
        _refused = 0;
    }
}
