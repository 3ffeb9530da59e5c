using Hydra.Primitives;
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

    private readonly LogThrottle _throttle = new(Pause, time);

    /// <summary>A connection was refused.</summary>
    /// <param name="reason">Why, as a sentence about it.</param>
    public void Add(string reason)
    {
        if (!_throttle.TryPass(out long others))
        {
            return;
        }

        if (others == 0)
        {
            LinksLog.LinkRefused(logger, reason);
        }
        else
        {
            LinksLog.LinksRefused(logger, others + 1, reason);
        }
    }
}
