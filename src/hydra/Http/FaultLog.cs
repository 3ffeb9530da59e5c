using System.Globalization;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>
/// Says why what clients send is refused, with a sentence each unless they come faster than one a second: anybody can have requests refused as fast as
/// he likes. Any thread.
/// </summary>
/// <param name="logger">Where the sentences go.</param>
/// <param name="time">For the second.</param>
internal sealed class FaultLog(ILogger logger, TimeProvider time)
{
    private readonly LogThrottle _throttle = new(TimeSpan.FromSeconds(1), time);

    /// <summary>One is refused.</summary>
    /// <param name="client">Whose it is.</param>
    /// <param name="reason">Why.</param>
    /// <param name="status">What the client gets.</param>
    public void Add(string client, string reason, int status)
    {
        if (_throttle.TryPass(out long others))
        {
            HttpLog.Refused(logger, client, reason, status, others == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {others} more before."));
        }
    }
}
