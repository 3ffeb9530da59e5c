using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// The time between the signal to stop and the stop (--shutdown-delay): load balancers, and the endpoints of Kubernetes, hear of the end some
/// seconds later than the server, and send requests until then. They are served.
/// </summary>
/// <param name="signals">The signals that stop the server.</param>
/// <param name="delay">How long it lasts; zero for no time at all.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it is said.</param>
internal sealed class ShutdownDelay(StopSignals signals, TimeSpan delay, TimeProvider time, ILogger logger)
{
    /// <summary>Whether there is such a time, once the server is to stop: not for a person who has pressed Ctrl-C, and not where another server goes on.</summary>
    /// <param name="isUpgraded">Whether another server has taken over.</param>
    public bool IsDue(bool isUpgraded) => delay > TimeSpan.Zero && !isUpgraded && signals.First is { IsCompletedSuccessfully: true, Result: PosixSignal.SIGTERM };

    /// <summary>Waits, until a further signal cuts it short.</summary>
    /// <returns>False when one did.</returns>
    public async Task<bool> WaitAsync()
    {
        HostingLog.Delaying(logger, signals.First.Result.ToString(), delay.TotalSeconds);
        using var over = new CancellationTokenSource();
        Task wait = Task.Delay(delay, time, over.Token);
        bool isWhole = await Task.WhenAny(wait, signals.Second).ConfigureAwait(false) == wait;
        await over.CancelAsync().ConfigureAwait(false);
        if (!isWhole)
        {
            HostingLog.DelayCut(logger);
        }

        return isWhole;
    }
}
