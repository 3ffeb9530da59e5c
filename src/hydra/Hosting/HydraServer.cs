using System.Diagnostics;
using System.Runtime.InteropServices;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Transport;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>The life of the server: start, serve, stop.</summary>
internal sealed class HydraServer : IDisposable
{
    // What a worker gets for its lifespan's shutdown when the requests have used up the grace.
    private static readonly TimeSpan LeastDrain = TimeSpan.FromSeconds(1);

    // How long no request may have come before idle connections are closed: where a person waits who pressed Ctrl-C, where a
    // supervisor waits, and where nobody does because another server goes on.
    private static readonly TimeSpan QuietAtTerminal = TimeSpan.Zero;
    private static readonly TimeSpan QuietAtStop = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan QuietAtUpgrade = TimeSpan.FromSeconds(2);

    private readonly HydraOptions _options;
    private readonly ServerLogs _logs;
    private readonly StartedAs _started;
    private readonly ILogger _logger;
    private readonly Dispatcher _dispatcher;
    private readonly ListenSockets _sockets;
    private readonly ServiceNotifier _notifier;

    /// <summary>Describes a server.</summary>
    /// <param name="options">What the user wants.</param>
    /// <param name="logs">Where to write.</param>
    /// <param name="started">How the process was started.</param>
    public HydraServer(HydraOptions options, ServerLogs logs, StartedAs started)
    {
        _options = options with { Binds = started.Binds(options.Binds) };
        _logs = logs;
        _started = started;
        _logger = logs.Loggers.CreateLogger("hydra");
        _dispatcher = new Dispatcher(
            new DispatchOptions { QueueSize = options.QueueSize, QueueBytes = options.QueueBytes, QueueTimeout = options.QueueTimeout },
            _logger);
        _sockets = new ListenSockets(started.Sockets);
        _notifier = new ServiceNotifier(started.NotifySocket);
    }

    /// <summary>Runs until a signal stops it or it cannot start.</summary>
    /// <returns>The exit code.</returns>
    /// <param name="warnings">What the command line's reader has to say.</param>
    public async Task<int> RunAsync(IReadOnlyList<string> warnings)
    {
        foreach (string warning in warnings)
        {
            ConfigurationLog.Warning(_logger, warning);
        }

        using var signals = new StopSignals(TimeProvider.System);
        using var upgrade = new Upgrade(_started, _sockets, _logger);
        using var predecessor = new Predecessor(_started.Inheritance);
        try
        {
            InheritedDescriptors.Check([.. _options.Binds, .. _options.Metrics is { } metrics ? [metrics] : Array.Empty<BindAddress>()]);
            using WorkerSetup setup = WorkerSetup.Prepare(_options, _logs);
            Spool? spool = BodyRules.CreateSpool(_options, _logger);
            var loops = new FrontLoops(_options, _sockets);
            using Supervisor supervisor = setup.CreateSupervisor(_dispatcher, loops);
            using ControlSignals? control = OperatingSystem.IsWindows() ? null : new ControlSignals(supervisor, _logger);

            // Python takes longest to start, so it starts first; requests that come before it is ready wait.
            supervisor.Start();
            return await ServeAsync(supervisor, loops, spool, signals, upgrade, predecessor).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            HostingLog.CannotStart(_logger, e.Message);
            predecessor.ReportFailure(e.Message);
            return ExitCodes.StartFailure;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _dispatcher.Dispose();

    private async Task<int> ServeAsync(
        Supervisor supervisor, FrontLoops loops, Spool? spool, StopSignals signals, Upgrade upgrade, Predecessor predecessor)
    {
        RequestMetrics? metrics = _options.Metrics is null ? null : new RequestMetrics();
        var forwarder = new RequestForwarder(
            _dispatcher, BodyRules.Forwarder(_options), spool, _logs.Access, _logs.Loggers.CreateLogger<RequestForwarder>(), metrics);
        var pidFile = new PidFile(_options.PidFile);
        await using WebServer web = await BuildWebAsync(
            forwarder, metrics is null ? null : new MetricsEndpoint(metrics, _dispatcher, supervisor), supervisor, loops).ConfigureAwait(false);
        if (!predecessor.Exists)
        {
            await ListenAsync(web, supervisor, pidFile).ConfigureAwait(false);
        }

        await Task.WhenAny(supervisor.Started, signals.First).ConfigureAwait(false);
        if (supervisor.Started.IsCompletedSuccessfully)
        {
            StartOutcome outcome = supervisor.Started.Result;
            if (outcome.Failure is { } failure)
            {
                await AbandonAsync(web, supervisor).ConfigureAwait(false);
                pidFile.Remove();
                _logs.WriteText(failure.Traceback.Length > 0 ? failure.Traceback.TrimEnd() + "\n" : "");
                throw new StartException(failure.Message);
            }

            if (predecessor.Exists)
            {
                // Not before the workers are ready: the server before this one takes all connections until then.
                await ListenAsync(web, supervisor, pidFile).ConfigureAwait(false);
            }

            WriteBanner(web.Addresses, outcome.Info!);
            if (web.MetricsAddresses.Count > 0)
            {
                HostingLog.Metrics(_logger, string.Join(", ", web.MetricsAddresses));
            }

            upgrade.Enable();
            predecessor.ReportReady();
            _notifier.Ready();
        }

        await Task.WhenAny(signals.First, upgrade.Done).ConfigureAwait(false);
        int code = await StopAsync(web, supervisor, signals, upgrade).ConfigureAwait(false);
        pidFile.Remove();
        return code;
    }

    private async Task<WebServer> BuildWebAsync(
        RequestForwarder forwarder, MetricsEndpoint? metrics, Supervisor supervisor, FrontLoops loops)
    {
        try
        {
            return new WebServer(_options, loops, _logs.Loggers, forwarder, metrics);
        }
        catch (StartException)
        {
            loops.Abandon();
            await supervisor.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    private async Task ListenAsync(WebServer web, Supervisor supervisor, PidFile pidFile)
    {
        try
        {
            await web.StartAsync().ConfigureAwait(false);
            pidFile.Write();
            HostingLog.Listening(_logger, string.Join(", ", web.Addresses));
        }
        catch (StartException)
        {
            await supervisor.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    private void WriteBanner(IReadOnlyList<string> addresses, WorkerInfo info)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_started.At);
        var facts = new BannerFacts(addresses, _options.App!, info.Interface, _options.Workers, info.Python, info.Loop, elapsed);
        if (StandardStreams.IsErrorTerminal)
        {
            _logs.WriteText(Banner.Block(facts, _logs.UsesColors));
        }
        else
        {
            ConfigurationLog.Ready(_logger, Banner.Sentence(facts));
        }
    }

    private async Task AbandonAsync(WebServer web, Supervisor supervisor)
    {
        _dispatcher.Close();
        await supervisor.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await web.StopAsync(TimeSpan.Zero, new CancellationToken(canceled: true)).ConfigureAwait(false);
    }

    private async Task<int> StopAsync(WebServer web, Supervisor supervisor, StopSignals signals, Upgrade upgrade)
    {
        TimeSpan quiet;

        // A server that was upgraded stops already: the first signal is then the second wish.
        Task force = signals.First.IsCompleted ? signals.Second : signals.First;
        if (upgrade.Done.IsCompletedSuccessfully)
        {
            quiet = QuietAtUpgrade;
            _sockets.HandOver();
            _notifier.Succeeded(upgrade.Done.Result);
            HostingLog.Stopping(_logger, "upgraded", _options.GracefulTimeout.TotalSeconds);
        }
        else
        {
            PosixSignal signal = signals.First.Result;
            quiet = signal is PosixSignal.SIGINT ? QuietAtTerminal : QuietAtStop;
            upgrade.Abandon();
            _notifier.Stopping();
            HostingLog.Stopping(_logger, signal.ToString(), _options.GracefulTimeout.TotalSeconds);
        }

        Task graceful = StopGracefullyAsync(web, supervisor, quiet);
        if (await Task.WhenAny(graceful, force).ConfigureAwait(false) != graceful)
        {
            HostingLog.Forced(_logger);
            web.Abandon();
            supervisor.KillAll();
            await Task.WhenAny(supervisor.StopAsync(TimeSpan.Zero), Task.Delay(LeastDrain)).ConfigureAwait(false);
            return ExitCodes.RuntimeError;
        }

        await graceful.ConfigureAwait(false);
        HostingLog.Stopped(_logger);
        return ExitCodes.Success;
    }

    // First the requests, with the workers at hand; then the workers.
    private async Task StopGracefullyAsync(WebServer web, Supervisor supervisor, TimeSpan quiet)
    {
        long started = Stopwatch.GetTimestamp();
        using (var grace = new CancellationTokenSource(_options.GracefulTimeout))
        {
            await web.StopAsync(quiet, grace.Token).ConfigureAwait(false);
            if (grace.IsCancellationRequested)
            {
                HostingLog.GraceOver(_logger, _options.GracefulTimeout.TotalSeconds);
            }
        }

        _dispatcher.Close();
        TimeSpan rest = _options.GracefulTimeout - Stopwatch.GetElapsedTime(started);
        await supervisor.StopAsync(rest > LeastDrain ? rest : LeastDrain).ConfigureAwait(false);
    }
}
