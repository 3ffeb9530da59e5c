using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Workers.Supervision;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// SIGHUP reloads, SIGTTIN and SIGTTOU add and remove a worker. Windows has none of them. The handlers run on threads of the pool.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ControlSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen.</summary>
    public ControlSignals(Supervisor supervisor, ILogger logger)
        => _registrations =
        [
            Handle(PosixSignal.SIGHUP, supervisor.Reload, logger),
            Handle(PosixSignal.SIGTTIN, supervisor.Grow, logger),
            Handle(PosixSignal.SIGTTOU, supervisor.Shrink, logger),
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
            HostingLog.SignalCame(logger, signal.ToString());
            action();
        });
}
