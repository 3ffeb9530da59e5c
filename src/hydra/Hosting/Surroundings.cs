using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// Who starts, stops and watches this server: signals, the server before it and the one after it, systemd, the file with its process id.
/// </summary>
internal sealed class Surroundings : IDisposable
{
    /// <summary>Begins to listen for the signals.</summary>
    public Surroundings(StartedAs started, string? pidFile, ListenSockets sockets, ILogger logger)
    {
        Stop = new StopSignals(TimeProvider.System);
        Upgrade = new Upgrade(started, sockets, logger);
        Predecessor = new Predecessor(started.Inheritance);
        Notifier = new ServiceNotifier(started.NotifySocket);
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
    /// <param name="startTimeout">How long workers may take to start; zero for ever.</param>
    public void ReportReady(TimeSpan startTimeout)
    {
        Upgrade.Enable(startTimeout);
        Predecessor.ReportReady();
        Notifier.Ready();
    }

    /// <summary>Gives the signals back to the system.</summary>
    public void Dispose()
    {
        Predecessor.Dispose();
        Upgrade.Dispose();
        Stop.Dispose();
    }
}
