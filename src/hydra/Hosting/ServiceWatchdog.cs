using System.Globalization;

namespace Hydra.Hosting;

/// <summary>
/// Tells systemd at half of WATCHDOG_USEC that the service is well, as sd_watchdog_enabled(3) has it, as long as every application has a worker
/// that serves and answers. Where that is not so for the whole interval systemd restarts the service.
/// </summary>
internal sealed class ServiceWatchdog : IDisposable
{
    private readonly ITimer? _timer;

    /// <summary>Begins to tell.</summary>
    /// <param name="notifier">Who tells it.</param>
    /// <param name="interval">WATCHDOG_USEC; null where nobody asks.</param>
    /// <param name="isWell">Whether the service is well. Any thread.</param>
    /// <param name="time">The clock.</param>
    public ServiceWatchdog(ServiceNotifier notifier, TimeSpan? interval, Func<bool> isWell, TimeProvider time)
        => _timer = interval is not { } every ? null : time.CreateTimer(
            _ =>
            {
                if (isWell())
                {
                    notifier.Alive();
                }
            },
            null,
            every / 2,
            every / 2);

    /// <summary>The interval that systemd's variables name, or null.</summary>
    /// <param name="microseconds">WATCHDOG_USEC.</param>
    /// <param name="pid">WATCHDOG_PID: whom it is for, if it says so.</param>
    /// <param name="process">This process.</param>
    /// <param name="takesOver">Whether this process takes the place of the one that it was for.</param>
    public static TimeSpan? Interval(string? microseconds, string? pid, int process, bool takesOver)
    {
        bool isForUs = string.IsNullOrEmpty(pid) || takesOver || pid == process.ToString(CultureInfo.InvariantCulture);
        return isForUs && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long interval)
            && interval > 0 && interval < TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond
                ? TimeSpan.FromMicroseconds(interval)
                : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();
}
