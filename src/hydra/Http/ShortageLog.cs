using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>Says that requests are refused for want of memory: at once when it begins, then every few seconds, with their number. Any thread.</summary>
internal sealed class ShortageLog(ILogger logger)
{
    private readonly LogThrottle _throttle = new(TimeSpan.FromSeconds(10), TimeProvider.System);

    /// <summary>One is refused.</summary>
    /// <param name="limit">Bytes that clients may have the front hold.</param>
    public void Add(long limit)
    {
        if (_throttle.TryPass(out long others))
        {
            HttpLog.MemoryShort(logger, limit / 1024, others + 1);
        }
    }
}
