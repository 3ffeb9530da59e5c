using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// SIGHUP reloads all pools, SIGTTIN and SIGTTOU add and remove a worker of each; SIGUSR1, by which tools that rotate logs have them opened again,
/// does that. Windows has none of them. The handlers run on threads of the thread pool.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ControlSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen.</summary>
    /// <param name="reload">What SIGHUP does.</param>
    /// <param name="grow">What SIGTTIN does.</param>
    /// <param name="shrink">What SIGTTOU does.</param>
    /// <param name="reopen">What SIGUSR1 does.</param>
    /// <param name="logger">Hears of each signal.</param>
    public ControlSignals(Action reload, Action grow, Action shrink, Action reopen, ILogger logger)
        => _registrations =
        [
            Handle(PosixSignal.SIGHUP, reload, logger),
            Handle(PosixSignal.SIGTTIN, grow, logger),
            Handle(PosixSignal.SIGTTOU, shrink, logger),
            Handle((PosixSignal)(OperatingSystem.IsMacOS() ? 30 : 10), reopen, logger),
        ];

    /// <summary>Gives the signals back to the system.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private static PosixSignalRegistration Handle(PosixSignal signal, Action action, ILogger logger)
        => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            HostingLog.SignalCame(logger, (int)signal > 0 ? "SIGUSR1" : signal.ToString());
            action();
        });
}
