using System.Diagnostics;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tracing;
using Hydra.Transport;
using Hydra.Workers.Supervision;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>The life of the server: puts its parts together, and has them start, serve and stop.</summary>
internal sealed class HydraServer
{
    // As long as the charts of the dashboard.
    private static readonly TimeSpan SlowestSpan = TimeSpan.FromMinutes(10);

    private readonly ServerOptions _options;
    private readonly IReadOnlyList<ApplicationOptions> _applications;
    private readonly ServerLogs _logs;
    private readonly StartedAs _started;
    private readonly ILogger _logger;
    private readonly ListenSockets _sockets;

    // What clients may have the server hold in all.
    private readonly MemoryBudget _memory;

    private readonly TerminalPrompt _prompt;

    /// <summary>Describes a server.</summary>
    /// <param name="options">What the user wants.</param>
    /// <param name="logs">Where to write.</param>
    /// <param name="started">How the process was started.</param>
    public HydraServer(HydraOptions options, ServerLogs logs, StartedAs started)
    {
        AddressOptions addresses = options.Server.Addresses;
        _options = options.Server with { Addresses = addresses with { Binds = started.Binds(addresses.Binds) } };
        _applications = options.Server.ChecksOnly ? StartCheck.Reduce(options.Applications) : options.Applications;
        _logs = logs;
        _started = started;
        _logger = logs.Loggers.CreateLogger("hydra");
        _sockets = new ListenSockets(started.Sockets);
        _memory = BodyRules.Memory(_options.Buffers);
        _prompt = new TerminalPrompt(_applications.Any(application => PoolRules.AsksAtTerminal(_options, application)));
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

        using var around = new Surroundings(_started, _options.PidFile, _sockets, _logger);
        try
        {
            ThreadReserve.Fill();

            // It is not the application's, which shows its variables on pages of errors.
            Environment.SetEnvironmentVariable(OptionTable.Get("dashboard-token").Variable!, null);
            Environment.SetEnvironmentVariable(OptionTable.Get("state").Variable!, null);
            InheritedDescriptors.Check(_options.Addresses.All);
            if (_options.ChecksOnly)
            {
                _ = WebServer.LoadCertificates(_options, _logger);
            }

            using var home = WorkerHome.Enter(_started, _options, _logger);
            StaticTrees.Check(_options.Static);
            _ = DashboardServer.GivenToken(_options.Dashboard);
            SourceWatch.Check(_options.Development);
            var loops = new FrontLoops(_options, _sockets);
            using var pools = ApplicationPools.Prepare(_options, _applications, home, loops, _logs, _started.Inheritance);
            if (_options.ChecksOnly)
            {
                loops.Abandon();
                return await new StartCheck(around, pools, _logs).RunAsync().ConfigureAwait(false);
            }

            using var trimmer = new MemoryTrimmer(_memory, TimeProvider.System);
            Spool? spool = BodyRules.CreateSpool(_options.Buffers, _logger);
            using ControlSignals? control = OperatingSystem.IsWindows() ? null
                : new ControlSignals(() => around.Hangup(pools), pools.Grow, pools.Shrink, _logs.Reopen, _logger);

            // Workers may use it while they import the application.
            await Task.WhenAny(pools.State.FoundAsync(), around.Stop.First).Unwrap().ConfigureAwait(false);
            if (around.Stop.First.IsCompleted)
            {
                loops.Abandon();
                return ExitCodes.Success;
            }

            // Python takes longest to start, so it starts first; requests that come before it is ready wait.
            pools.Start();
            using SourceWatch? watch = _options.Development.IsOn ? SourceWatch.Start(_options, _applications, pools, _logger) : null;
            return await ServeAsync(around, pools, loops, spool, watch).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            HostingLog.CannotStart(_logger, e.Message);
            around.Predecessor.ReportFailure(e.Message);
            around.Notifier.Failed(e.Message);
            return ExitCodes.StartFailure;
        }
        finally
        {
            _prompt.Close();
        }
    }

    private async Task<int> ServeAsync(Surroundings around, ApplicationPools pools, FrontLoops loops, Spool? spool, SourceWatch? watch)
    {
        var readiness = new Readiness(() => pools.AreServing);
        StatsdCounts? counts = _options.Statsd.Address is null ? null : new StatsdCounts();
        bool isShown = _options.ControlSocket is not null || _options.Addresses.Dashboard is not null;
        RequestMetrics? metrics = _options.Addresses.Metrics is null && !isShown && counts is null
            ? null
            : new RequestMetrics(FailureRules.Names, pools.All.Count > 1 ? [.. pools.All.Select(static pool => pool.Requests.Name)] : null) { Statsd = counts };
        await using StatsdReporter? statsd = counts is null
            ? null
            : new StatsdReporter(_options.Statsd, counts, _logs.Recent.Counts, pools.ReadFigures, _logger);
        TraceMetrics traceMetrics = metrics?.Traces ?? new TraceMetrics();
        TraceQueue? traces = _options.Trace.Settings is { } settings ? new TraceQueue(settings.MostWaiting, settings.Batch, traceMetrics) : null;
        await using TraceExporter? exporter = traces is null ? null : StartExport(traces, traceMetrics);
        SlowestRequests? slowest = _options.Addresses.Dashboard is null ? null : new SlowestRequests(SlowestSpan, TimeProvider.System);
        RequestRing? ring = _options.Record.Most > 0 && _options.ControlSocket is not null ? new RequestRing(_options.Record.Most, _options.Record.Bytes) : null;
        RecordPart? record = ring is null ? null : new RecordPart(ring, _options.Record.Masks);
        await using WebServer web = await BuildWebAsync(pools, loops, spool, readiness, metrics, slowest, TracingOf(traces, pools), watch?.State, record).ConfigureAwait(false);
        using StatusReader? status = isShown ? new StatusReader(pools, readiness, metrics!, _logs, () => web, _started.At) : null;
        var actions = new ControlActions(around, pools, readiness, web.EndConnections, _logs) { IsDevelopment = _options.Development.IsOn };
        await using ControlServer? control = CreateControl(actions, readiness, status, ring is null ? null : new RequestReplay(ring, record!.Next!));
        await using HistorySampler? history = slowest is null ? null : new HistorySampler(pools, metrics!, slowest, status!.Shares, () => web);
        await using DashboardServer? dashboard = history is null ? null : await CreateDashboardAsync(pools, new ControlEndpoint(status!, actions, readiness, "dashboard", _logger), history).ConfigureAwait(false);
        await new StartSequence(around, pools, web, _logs, control, dashboard, readiness, _started.At, _options.Development.IsOn).RunAsync().ConfigureAwait(false);
        await around.End.ConfigureAwait(false);
        if (dashboard is not null && around.Upgrade.Done.IsCompletedSuccessfully)
        {
            // Both would accept.
            await dashboard.StopAsync().ConfigureAwait(false);
        }

        readiness.TryMoveTo(ServerState.Stopping);
        var stop = new StopSequence(around, pools, web, _sockets, _options.GracefulTimeout, SupervisorOptions.StreamGraceOf(_options.StreamGrace, _options.GracefulTimeout), _logger)
        {
            IsAtPrompt = () => _options.Development.IsOn && _prompt.IsOpen,
        };
        var delay = new ShutdownDelay(around.Stop, _options.ShutdownDelay, TimeProvider.System, _logger);
        if (delay.IsDue(around.Upgrade.Done.IsCompletedSuccessfully))
        {
            stop.BeginDelay();
            await delay.WaitAsync().ConfigureAwait(false);
        }

        int code = await stop.RunAsync(StopPlan.For(around.Stop, around.Upgrade.Done)).ConfigureAwait(false);
        around.PidFile.Remove();
        return code;
    }

    private TraceExporter StartExport(TraceQueue queue, TraceMetrics metrics)
    {
        TraceSettings settings = _options.Trace.Settings!;
        TracingLog.Exports(_logger, settings.Endpoint.ToString());
        return new TraceExporter(settings, queue, VersionText.Number, metrics, _logger, TimeProvider.System);
    }

    private RequestTracing? TracingOf(TraceQueue? queue, ApplicationPools pools) => queue is null ? null
        : new RequestTracing(new Tracer(_options.Trace.Settings!.Sampler, queue), pools.All.Count > 1 ? [.. pools.All.Select(static pool => pool.Requests.Name)] : []);

    private ControlServer? CreateControl(ControlActions actions, Readiness readiness, StatusReader? status, RequestReplay? replay)
        => _options.ControlSocket is null || status is null || OperatingSystem.IsWindows()
            ? null
            : new ControlServer(OddPath.Full(_options.ControlSocket), new ControlEndpoint(status, actions, readiness, "control socket", _logger) { Kept = new KeptRequests(replay) }, _logs.Loggers);

    private async Task<DashboardServer> CreateDashboardAsync(ApplicationPools pools, ControlEndpoint control, HistorySampler history)
    {
        try
        {
            return DashboardServer.Create(_options, _sockets, history.Read, control, _logs.Loggers);
        }
        catch (StartException)
        {
            await pools.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<WebServer> BuildWebAsync(
        ApplicationPools pools, FrontLoops loops, Spool? spool, Readiness readiness, RequestMetrics? metrics, SlowestRequests? slowest, RequestTracing? traces,
        DevelopmentState? development, RecordPart? record)
    {
        WebServer? built = null;
        double startTime = (DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(_started.At)).ToUnixTimeMilliseconds() / 1000.0;
        MetricsEndpoint? endpoint = metrics is null || _options.Addresses.Metrics is null ? null : new MetricsEndpoint(metrics, pools, readiness, () => FrontFigures.Read(_options, startTime, built?.Connections));
        RequestRecorder? recorder = metrics is null && _logs.Access is null && traces is null ? null : new RequestRecorder(_logs.Access, metrics) { Slowest = slowest, Traces = traces };
        try
        {
            return built = new WebServer(_options, loops, _logs.Loggers, CreateForwarder(pools, spool, metrics?.Sessions), recorder, endpoint, development, record);
        }
        catch (StartException)
        {
            loops.Abandon();
            await pools.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    private RequestForwarder CreateForwarder(ApplicationPools pools, Spool? spool, SessionMetrics? sessions)
    {
        var bodies = new BodyResources(
            BodyRules.Forwarder(_options, _applications[0]) with { Memory = _memory }, spool, _logs.Loggers.CreateLogger<RequestForwarder>(),
            spool ?? BodyRules.LengthSpool(_options.Buffers, _logger));
        return new RequestForwarder(
            new PoolSelector([.. pools.All.SelectMany(pool => pool.Routes(_options, bodies))]), bodies,
            new WebSocketSession(SessionRules.Of(_options.WebSockets), sessions));
    }
}
