using System.Diagnostics;
using System.Runtime.InteropServices;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// Who starts, stops and watches this server: signals, the server before it and the one after it, systemd, the file with its process id.
/// </summary>
internal sealed class Surroundings : IDisposable
{
    // Less than the minute and a half after which systemd gives a reload up by default: workers that cannot be started are tried again without end.
    private static readonly TimeSpan LongestReload = TimeSpan.FromSeconds(80);

    private readonly StartedAs _started;
    private ServiceWatchdog? _watchdog;

    /// <summary>Begins to listen for the signals.</summary>
    public Surroundings(StartedAs started, string? pidFile, ListenSockets sockets, ILogger logger)
    {
        Stop = new StopSignals(TimeProvider.System);
        Upgrade = new Upgrade(started, sockets, logger);
        Predecessor = new Predecessor(started.Inheritance);
        Notifier = new ServiceNotifier(started.NotifySocket);
        _started = started;
        PidFile = new PidFile(pidFile);
    }

    /// <summary>The signals that stop it.</summary>
    public StopSignals Stop { get; }

    /// <summary>The signal to start the next server, and that one.</summary>
    public Upgrade Upgrade { get; }

    /// <summary>The server that this one replaces.</summary>
    public Predecessor Predecessor { get; }

    /// <summary>Tells systemd when the server is ready and when it stops.</summary>
    public ServiceNotifier Notifier { get; }

    /// <summary>Holds the process id for scripts.</summary>
    public PidFile PidFile { get; }

    /// <summary>Completes when the server is to stop: at a signal, or when another has taken over.</summary>
    public Task End => Task.WhenAny(Stop.First, Upgrade.Done);

    /// <summary>Everything serves: the server before this one may go, and there is something to take over.</summary>
    /// <param name="pools">The applications.</param>
    public void ReportReady(ApplicationPools pools)
    {
        Upgrade.Enable(pools.StartTimeout, pools.State);
        Predecessor.ReportReady();
        Notifier.Ready();
        _watchdog = new ServiceWatchdog(Notifier, _started.WatchdogInterval, () => pools.AreWell, TimeProvider.System);
    }

    /// <summary>SIGHUP: reloads the applications, and tells systemd of it; or stops, where the terminal has hung up.</summary>
    public void Hangup(ApplicationPools pools)
    {
        if (_started.Terminal.HasHungUp)
        {
            Stop.Note(PosixSignal.SIGHUP);
        }
        else
        {
            _ = ReloadAsync(pools);
        }
    }

    private async Task ReloadAsync(ApplicationPools pools)
    {
        // Before the first READY it is starting still, and that says the same.
        bool tells = _watchdog is not null;
        if (tells)
        {
            Notifier.Reloading(Stopwatch.GetElapsedTime(0));
        }

        await Task.WhenAny(pools.ReloadAsync(), Task.Delay(LongestReload)).ConfigureAwait(false);
        if (tells && !End.IsCompleted)
        {
            Notifier.Ready();
        }
    }

    /// <summary>Gives the signals back to the system.</summary>
    public void Dispose()
    {
        _watchdog?.Dispose();
        PidFile.Dispose();
        Predecessor.Dispose();
        Upgrade.Dispose();
        Stop.Dispose();
    }
}
