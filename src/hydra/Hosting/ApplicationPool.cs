using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Control;
using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Jobs;
using Hydra.Topics;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>One application: its options, the queue of its requests, and the workers that serve them. Any thread.</summary>
internal sealed class ApplicationPool : IDisposable
{
    private readonly ApplicationOptions _options;
    private readonly string _label;
    private readonly WorkerSetup _setup;
    private readonly Supervisor _supervisor;
    private readonly SharedState? _state;
    private readonly ResumeDesk _resume;

    /// <summary>Prepares what the workers need; <see cref="Start"/> starts them.</summary>
    /// <param name="server">The server's options.</param>
    /// <param name="options">The application's.</param>
    /// <param name="home">What the workers of all pools share.</param>
    /// <param name="loops">What serves the workers' data links.</param>
    /// <param name="logs">Where the server and its workers write.</param>
    /// <param name="number">Its number among all applications, from 0.</param>
    /// <param name="label">What tells it from others in logs and metrics; empty where there are no others.</param>
    /// <param name="keys">Who has served a key last, in all pools of the application.</param>
    /// <param name="state">What its workers share; null for nothing.</param>
    /// <param name="jobs">What its workers have other processes do, and do for others; null for nothing.</param>
    /// <exception cref="StartException">Python, a directory or the workers' socket is not to be had.</exception>
    public ApplicationPool(
        ServerOptions server, ApplicationOptions options, WorkerHome home, FrontLoops loops, ServerLogs logs, int number, string label, KeyMemory keys, SharedState? state,
        JobAccess? jobs = null)
    {
        ILogger logger = logs.LoggerOf(label);
        _options = options;
        _state = state;
        _resume = new ResumeDesk(options.State.ResumeMemory);
        _label = label;
        _setup = WorkerSetup.Prepare(server, options, home, logger);
        var dispatcher = new Dispatcher(PoolRules.Queue(options) with { Keys = keys }, logger);
        Requests = new RequestPool(
            label.Length > 0 ? label : options.App, options.Place, options.RootPath, dispatcher, new CrashRecovery(options.Queue.Retry, logger), options.Timeouts.Request)
        { Number = number };
        SupervisorOptions settings = PoolRules.Supervisor(server, options, loops, _setup.Command, _setup.RestoreSocket, state);
        settings = settings with { Document = home.Complete(settings.Document), Jobs = jobs };
        _supervisor = new Supervisor(settings, _setup.Address, dispatcher, dispatcher, logs.WorkersOf(label), logger);
    }

    /// <summary>The pool as requests meet it.</summary>
    public RequestPool Requests { get; }

    /// <summary>Completes when all workers have been ready once, or when one could not start before that.</summary>
    public Task<StartOutcome> Started => _supervisor.Started;

    /// <summary>How long its workers may take to start; zero for ever.</summary>
    public TimeSpan StartTimeout => _options.Timeouts.Start;

    /// <summary>Starts all workers. Requests that come before they are ready wait.</summary>
    public void Start() => _supervisor.Start();

    /// <summary>Whether a worker serves, however busy it is.</summary>
    public bool IsServing => _supervisor.Alive.Any(static worker => worker.State.Serves());

    /// <summary>Whether a worker serves, and answers.</summary>
    public bool IsWell => _supervisor.Alive.Any(static worker => worker.State.Serves() && !worker.Handle.IsSilent);

    /// <summary>Replaces all workers by such with the present code, as far as that starts.</summary>
    /// <returns>Completes when that is done, or given up: null, or why the new code does not start.</returns>
    public Task<string?> ReloadAsync() => _supervisor.ReloadAsync();

    /// <summary>Why its code that was started last does not run; null where it does.</summary>
    public CodeFailure? Failure => _supervisor.LastFailure is { } failure ? new CodeFailure(failure.Message, failure.Traceback) : null;

    /// <summary>Waits until its workers have started or could not; first has them replaced by such with the present code.</summary>
    public Task SettleAsync(bool reload) => _supervisor.SettleAsync(reload);

    /// <summary>The application.</summary>
    public string App => _options.App;

    /// <summary>The processes of its workers.</summary>
    public IEnumerable<int> Pids => _supervisor.Alive.Select(static worker => worker.Pid).Where(static pid => pid > 0);

    /// <summary>How its workers are.</summary>
    public Task<FleetSnapshot> DescribeAsync() => _supervisor.DescribeAsync();

    /// <summary>Another worker in the place of one.</summary>
    /// <returns>Null, or why not.</returns>
    public Task<string?> RestartAsync(int index) => _supervisor.RestartAsync(index);

    /// <summary>So many workers.</summary>
    /// <returns>Null, or why not.</returns>
    public Task<string?> ScaleAsync(int count) => _supervisor.ScaleAsync(count);

    /// <summary>One worker more.</summary>
    public void Grow() => _supervisor.Grow();

    /// <summary>One worker less.</summary>
    public void Shrink() => _supervisor.Shrink();

    /// <summary>Refuses the requests that wait, and those that come.</summary>
    public void Refuse() => Requests.Dispatcher.Close();

    /// <summary>Has responses that have no end of their own come to theirs, within this time.</summary>
    public void PartStreams(TimeSpan rest) => _supervisor.PartStreams(rest);

    /// <summary>Lets the workers finish what they have, shut down and exit; kills what is left when the grace is over.</summary>
    public Task StopAsync(TimeSpan grace) => _supervisor.StopAsync(grace);

    /// <summary>Kills all workers at once.</summary>
    public void KillAll() => _supervisor.KillAll();

    /// <summary>What there is to be measured now.</summary>
    public PoolFigures ReadFigures()
    {
        Dispatcher dispatcher = Requests.Dispatcher;
        return new PoolFigures
        {
            Name = Requests.Name,
            State = _state?.Values?.ReadFigures(),
            Topics = _state?.Topics?.ReadFigures(),
            Resume = _resume.IsOn ? _resume : null,
            QueueLength = dispatcher.QueueLength,
            QueueBytes = dispatcher.QueueBytes,
            QueueDelay = dispatcher.QueueDelay,
            RefusedFull = dispatcher.RefusedFull,
            RefusedLate = dispatcher.RefusedLate,
            Keys = dispatcher.Affinity is { } affinity ? (affinity.Served, affinity.Moved) : null,
            Workers = [.. _supervisor.Alive.Select(Figures)],
            Launched = _supervisor.Launched,
            Ends = _supervisor.Ends,
            Concurrency = _supervisor.Concurrency,
        };
    }

    /// <summary>The same, with what the system and the supervisor have to be asked for.</summary>
    public async Task<PoolFigures> MeasureAsync()
    {
        CollectedFigures? application = _options.Metrics.AreCollected ? await _supervisor.Application.CollectAsync().ConfigureAwait(false) : null;
        return ReadFigures() with
        {
            Workers =
            [
                .. _supervisor.Alive.Select(static worker => Figures(worker) with
                {
                    Resident = worker.Measure().Resident,
                    StartedOn = worker.StartedOn,
                }),
            ],
            Application = application,
            Totals = _supervisor.Totals.Read(),
        };
    }

    /// <summary>Requests by their routes, as far as workers say so at once; empty where they are not counted.</summary>
    public async Task<IReadOnlyList<RouteStatus>> ReadRoutesAsync()
        => _options.Metrics.Routes ? RouteSummary.Of(Requests.Name, (await _supervisor.Application.CollectAsync(RouteSummary.Limit).ConfigureAwait(false)).Families) : [];

    /// <summary>What the banner says of it.</summary>
    /// <param name="info">What the first worker said of itself.</param>
    public BannerPool Describe(WorkerInfo info)
        => new(_options.App, info.Interface, _options.Workers.Count, _options.IsProgram ? info.Python : $"{info.Python} at {_setup.Python}", info.Loop, _label);

    /// <summary>The ways for requests to it.</summary>
    /// <param name="server">The server's options.</param>
    /// <param name="shared">What all applications share for bodies.</param>
    public IEnumerable<PoolRoute> Routes(ServerOptions server, BodyResources shared)
    {
        BodyResources bodies = shared.With(BodyRules.Forwarder(server, _options) with { Memory = shared.Memory }, _resume);
        AffinityKeys? keys = PoolRules.Keys(_options.Affinity);
        RequestRanks? ranks = PoolRules.Ranks(_options);
        return _options.Routes.Select(place => new PoolRoute(Requests, bodies, place) { Affinity = keys, Ranks = ranks });
    }

    private static WorkerFigures Figures(Worker worker)
        => new(
            worker.Index, worker.State, worker.Handle.InFlight, worker.Handle.Sessions, worker.Links.Info, worker.Handle.IsSilent,
            worker.Links.Probe?.LoopLag ?? TimeSpan.Zero);

    /// <summary>Closes the socket that workers connect to.</summary>
    public void Dispose()
    {
        _supervisor.Dispose();
        _setup.Dispose();
        Requests.Dispatcher.Dispose();
    }
}
