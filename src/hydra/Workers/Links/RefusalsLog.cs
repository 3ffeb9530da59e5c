using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Links;

/// <summary>
/// Says that connections on the worker socket are refused: the first at once, and then their number at most every ten seconds. Any local user
/// may connect where that is TCP, thousands of times a second. Any thread.
/// </summary>
internal sealed class RefusalsLog(ILogger logger, TimeProvider time)
{
    /// <summary>The pause between two lines.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long? _saidAt;
    private long _unsaid;

    /// <summary>A connection was refused.</summary>
    /// <param name="reason">Why, as a sentence about it.</param>
    public void Add(string reason)
    {
        long unsaid;
        lock (_lock)
        {
            long now = time.GetTimestamp();
            if (_saidAt is { } before && time.GetElapsedTime(before, now) < Pause)
            {
                _unsaid++;
                return;
            }

            _saidAt = now;
            unsaid = _unsaid;
            _unsaid = 0;
        }

        if (unsaid == 0)
        {
            LinksLog.LinkRefused(logger, reason);
        }
        else
        {
            LinksLog.LinksRefused(logger, unsaid + 1, reason);
        }
    }
}
