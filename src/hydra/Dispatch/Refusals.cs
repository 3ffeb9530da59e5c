using Microsoft.Extensions.Logging;

namespace Hydra.Dispatch;

/// <summary>Sends requests away, and says when they may come again. Under the dispatcher's gate, but for what is said of single members.</summary>
/// <param name="queue">What waits.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">Told now and then that requests are refused.</param>
internal sealed class Refusals(RequestQueue queue, QueueClock clock, ILogger logger)
{
    private readonly RefusalLog _log = new(logger);

    /// <summary>How many are served.</summary>
    public ServiceRate Rate { get; } = new();

    /// <summary>Requests that were refused because the queue was full. Any thread.</summary>
    public long Full => _log.Full;

    /// <summary>Requests that were refused because they had waited as long as they may. Any thread.</summary>
    public long Late => _log.Late;

    /// <summary>Counts requests that are refused.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="count">How many.</param>
    /// <param name="now">Now, as a timestamp.</param>
    public Refusal Refuse(Failure reason, int count, long now)
    {
        double seconds = clock.Seconds(now);
        var refusal = new Refusal(reason, Rate.RetryAfter(queue.Count, seconds));
        _log.Add(refusal, count, queue, seconds);
        return refusal;
    }

    /// <summary>Takes out of the list those whose clients have left in the meantime.</summary>
    public void Claim(List<QueuedStream> refused, Refusal refusal, long now) => refused.RemoveAll(exchange =>
    {
        exchange.QueueMicroseconds = clock.Microseconds(now - exchange.QueuedAt);
        return !exchange.TryRefuse(refusal);
    });

    /// <summary>Answers what was claimed. Under no lock.</summary>
    public static void Answer(List<QueuedStream> refused)
    {
        foreach (QueuedStream exchange in refused)
        {
            exchange.OnRefused();
        }
    }
}
