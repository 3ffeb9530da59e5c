using Hydra.Configuration;
using Hydra.Dispatch;
using Hydra.Jobs;
using Hydra.Topics;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// The processes that do what workers leave to others: those of --task-pool, which start with the server, and those of each application for functions that are
/// deferred, which start when the first one is. Any thread; <c>_lock</c> guards what comes and goes.
/// </summary>
internal sealed class JobPools : IDisposable
{
    private const string DeferredLabel = "tasks";

    private readonly ServerOptions _server;
    private readonly WorkerHome _home;
    private readonly FrontLoops _loops;
    private readonly ServerLogs _logs;
    private readonly Func<ApplicationOptions, SharedState?> _stateOf;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly List<ApplicationPool> _pools = [];
    private readonly Dictionary<(string App, string Directory), JobLane> _deferred = [];
    private bool _isStopping;

    /// <summary>Prepares the pools of --task-pool.</summary>
    /// <param name="server">The server's options.</param>
    /// <param name="applications">The applications.</param>
    /// <param name="home">What the workers of all pools share.</param>
    /// <param name="loops">What serves the workers' links.</param>
    /// <param name="logs">Where the server and its workers write.</param>
    /// <param name="stateOf">What the workers of an application share.</param>
    /// <exception cref="StartException">What one of them needs is not to be had.</exception>
    public JobPools(
        ServerOptions server, IReadOnlyList<ApplicationOptions> applications, WorkerHome home, FrontLoops loops, ServerLogs logs, Func<ApplicationOptions, SharedState?> stateOf)
    {
        (_server, _home, _loops, _logs, _stateOf) = (server, home, loops, logs, stateOf);
        _logger = logs.Loggers.CreateLogger("hydra");
        Desk = new JobDesk(_logger);
        foreach (ApplicationOptions application in applications.Where(static one => !one.IsProgram))
        {
            (string, string) key = (application.App, application.AppDir);
            if (!_deferred.ContainsKey(key))
            {
                string label = ApplicationPools.LabelOf(application with { Pool = "" }, applications);
                _deferred.Add(key, OpenDeferred(application, label.Length > 0 ? $"{DeferredLabel} {label}" : DeferredLabel));
            }
        }

        try
        {
            foreach (ApplicationOptions pool in server.TaskPools)
            {
                JobLane lane = Desk.Open(new JobLaneOptions(pool.Pool, pool.Queue.Size, pool.Queue.Bytes, pool.Timeouts.Request, IsDeferred: false));
                ApplicationOptions reduced = server.ChecksOnly ? StartCheck.Reduce([pool])[0] : pool;
                reduced = reduced with { Timeouts = pool.Timeouts with { Request = TimeSpan.Zero, Slow = TimeSpan.Zero } };
                _pools.Add(Create(reduced, pool.Pool, applications.Count > 0 ? applications[0] : pool, DeferredOf(applications), lane));
            }
        }
        catch (StartException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where jobs wait.</summary>
    public JobDesk Desk { get; }

    /// <summary>The pools whose processes were started, or are to be at the start.</summary>
    public IReadOnlyList<ApplicationPool> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _pools];
            }
        }
    }

    /// <summary>What the workers of an application may have done.</summary>
    public JobAccess AccessOf(ApplicationOptions application) => new(Desk, DeferredOf([application]), null);

    /// <summary>Stops them: first what is deferred and waits is done, as long as there is time.</summary>
    /// <param name="grace">How long that may take.</param>
    /// <returns>Completes when nothing waits, or the time is over.</returns>
    public async Task DrainAsync(TimeSpan grace)
    {
        Desk.HoldClock(true);
        await Task.WhenAny(Desk.DrainAsync(), Task.Delay(grace > TimeSpan.Zero ? grace : TimeSpan.Zero)).ConfigureAwait(false);
    }

    /// <summary>Starts no more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStopping = true;
        }
    }

    /// <summary>The processes have ended: takes what was not done, by application and directory.</summary>
    public IReadOnlyList<(string App, string Directory, JobLane Lane, IReadOnlyList<SavedJob> Jobs)> Save()
        => [.. _deferred.Select(one => (one.Key.App, one.Key.Directory, one.Value, Desk.Save(one.Value)))];

    /// <summary>Takes over what waited in the server before this one.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool Restore(string app, string directory, SavedJob job) => _deferred.TryGetValue((app, directory), out JobLane? lane) && Desk.Restore(lane, job);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ApplicationPool pool in All)
        {
            pool.Dispose();
        }

        Desk.Dispose();
    }

    private JobLane OpenDeferred(ApplicationOptions application, string label)
    {
        TaskOptions tasks = application.Tasks;
        JobLane lane = null!;
        return lane = Desk.Open(new JobLaneOptions(label, tasks.QueueSize, tasks.QueueBytes, tasks.Timeout, IsDeferred: true, () => Begin(application, label, lane)));
    }

    // Under no lock, on the thread of who defers the first function.
    private void Begin(ApplicationOptions application, string label, JobLane lane)
    {
        var none = new ApplicationOptions();
        ApplicationOptions options = application with
        {
            Interface = DeferredLabel,
            Name = $"{DeferredLabel} {(application.Name.Length > 0 ? application.Name : application.App)}",
            Lifespan = none.Lifespan,
            Pool = label,
            PoolPlaces = [],
            Workers = none.Workers with { Count = application.Tasks.Workers },
            Python = application.Python with { Threads = application.Tasks.Threads, WorkerLoops = 1, Loop = "auto" },
            Queue = none.Queue,
            Affinity = none.Affinity,
            Timeouts = application.Timeouts with { Request = TimeSpan.Zero, Slow = TimeSpan.Zero },
            Metrics = application.Metrics with { Routes = false },
        };
        try
        {
            ApplicationPool pool;
            lock (_lock)
            {
                if (_isStopping || _server.ChecksOnly)
                {
                    return;
                }

                _pools.Add(pool = Create(options, label, application, lane, lane));
            }

            pool.Start();
            _ = ReportAsync(pool, label);
        }
        catch (StartException e)
        {
            HostingLog.TasksCannotStart(_logger, label, e.Message);
        }
    }

    private async Task ReportAsync(ApplicationPool pool, string label)
    {
        StartOutcome outcome = await pool.Started.ConfigureAwait(false);
        if (outcome.Failure is { } failure)
        {
            _logs.WriteText(failure.Traceback.Length > 0 ? failure.Traceback.TrimEnd() + "\n" : "");
            HostingLog.TasksCannotStart(_logger, label, failure.Message);
        }
    }

    // They share the state of the application that they belong to.
    private ApplicationPool Create(ApplicationOptions options, string label, ApplicationOptions application, JobLane? deferred, JobLane serves)
        => new(_server, options, _home, _loops, _logs, 0, label, new KeyMemory(), _stateOf(application), new JobAccess(Desk, deferred, serves));

    private JobLane? DeferredOf(IReadOnlyList<ApplicationOptions> applications)
        => applications.Select(one => _deferred.GetValueOrDefault((one.App, one.AppDir))).FirstOrDefault(static lane => lane is not null);
}
