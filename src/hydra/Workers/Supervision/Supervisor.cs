using System.Threading.Channels;
using Hydra.Protocol;
using Hydra.Topics;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>
/// Starts the workers, replaces them, and stops them all in the end. All decisions are made by the <see cref="Fleet"/> on one queue
/// (<see cref="RunAsync"/>); events from processes, links and signals are posted to it from any thread.
/// </summary>
internal sealed class Supervisor : IWorkerEvents, IFleetActions, IHandoverHost, IDisposable
{
    private readonly SupervisorOptions _options;
    private readonly IWorkerLogSink _log;
    private readonly ILogger _logger;
    private readonly LinkAcceptor _acceptor;
    private readonly IWorkerStarter _starter;
    private readonly WorkerLauncher _launcher;
    private readonly ExitHook? _exitHook;
    private readonly ServerHooks _hooks;
    private readonly Fleet _fleet;
    private readonly HandoverDesk _handover;
    private readonly Channel<Action> _queue = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ITimer _timer;
    private readonly Watchdog _watchdog;
    private readonly WorkerTotals _totals = new();
    private readonly ApplicationFigures _application = new();

    // Who waits for the end of a reload. For the queue alone.
    private readonly List<TaskCompletionSource<string?>> _reloads = [];
    private long _launched;

    // Who waits until nothing is being started. For the queue alone.
    private readonly List<TaskCompletionSource> _settling = [];

    // Completes when the workers are being started, or are not to be.
    private Task _begun = Task.CompletedTask;

    /// <summary>Makes the supervisor; <see cref="Start"/> starts the workers.</summary>
    public Supervisor(SupervisorOptions options, LinkAddress address, IWorkerPool pool, IQueueFigures queue, IWorkerLogSink log, ILogger logger)
    {
        _options = options;
        _log = log;
        _logger = logger;
        _handover = new HandoverDesk(this, TimeProvider.System);
        _fleet = new Fleet(options, pool, queue, this, log, logger, TimeProvider.System);
        var spawner = new WorkerSpawner();

        // There is no fork on Windows, and the command line has refused the option.
        _starter = options.Preload && !OperatingSystem.IsWindows()
            ? new TemplateStarter(
                spawner, options.Command, command => options.Document with { Address = address.Text, AppDir = command.AppDirectory },
                options.StartTimeout, log, logger)
            { State = () => new StateLinks(options.State?.Values, TopicAccess.Open(options.State?.Topics), null, null, options.DataChannel, options.DataLinks) }
            : new DirectStarter(spawner, options.Command);
        _acceptor = new LinkAcceptor(address, options.Windows, index => [.. _fleet.OwnersOf(index), .. _starter.OwnersOf(index)], logger);
        _launcher = new WorkerLauncher(options.Prepare, options.Document, _acceptor.Address, _starter, log, logger);
        _exitHook = options.Document.ExitHook.Length == 0 ? null
            : new ExitHook(async index => await spawner.StartAsync(options.Command(), index).ConfigureAwait(false), options.Document, log, logger, TimeProvider.System);
        _hooks = new ServerHooks(() => StartDirectAsync(spawner), options.Document, options.StartTimeout, log, TimeProvider.System);
        var slow = new SlowRequests(options.Watchdog.SlowRequest, log, TimeProvider.System);
        _watchdog = new Watchdog(options.Watchdog, worker => Replace(worker, RetireReason.Hung), logger, TimeProvider.System) { Slow = slow.Note };
        _timer = TimeProvider.System.CreateTimer(_ => Post(_fleet.Tick), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when all workers have been ready once, or when one could not start before that.</summary>
    public Task<StartOutcome> Started => _fleet.Started;

    /// <summary>All worker processes that have not ended. Any thread.</summary>
    public IReadOnlyList<Worker> Alive => _fleet.Alive;

    /// <summary>What the workers have done, by number. Any thread.</summary>
    public WorkerTotals Totals => _totals;

    /// <summary>What the application counts. Any thread.</summary>
    public ApplicationFigures Application => _application;

    /// <summary>How many requests a worker may have at the same time, where that is found out; else null. Any thread.</summary>
    public ConcurrencyFigures? Concurrency => _fleet.Concurrency;

    /// <summary>How many were started so far. Any thread.</summary>
    public long Launched => Volatile.Read(ref _launched);

    /// <summary>How many have ended, by why. Any thread.</summary>
    public IReadOnlyDictionary<string, long> Ends => _fleet.Ends;

    /// <summary>Starts all workers.</summary>
    public void Start()
    {
        _ = _acceptor.RunAsync();
        _ = RunAsync();
        _begun = StartFleetAsync();
    }

    /// <summary>
    /// Starts another worker in the place of this one, waits until it is ready, and then lets this one finish what it has and end. As
    /// long as no replacement gets ready it serves on. Nothing happens when it does not serve or is being replaced already. Any thread.
    /// </summary>
    public void Replace(Worker worker, RetireReason reason) => Post(() => _fleet.Replace(worker, reason));

    /// <summary>Replaces all workers by such with the present code, as far as that starts. Any thread.</summary>
    /// <returns>Completes when no reload is under way any more: null, or why the new code does not start.</returns>
    public Task<string?> ReloadAsync()
    {
        var over = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = BeginReloadAsync(over);
        return over.Task;
    }

    /// <summary>Why the code that was started last does not run; null where it does. Any thread.</summary>
    public WorkerFailure? LastFailure => _fleet.LastFailure;

    /// <summary>Waits until the workers have started or could not; first has them replaced by such with the present code. Any thread.</summary>
    public async Task SettleAsync(bool reload)
    {
        await _begun.ConfigureAwait(false);
        if (reload && await CallReloadHooksAsync().ConfigureAwait(false) is { } failure)
        {
            _fleet.NoteFailure(failure);
            return;
        }

        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            if (reload)
            {
                _fleet.Reload();
            }

            _settling.Add(over);
        });
        await over.Task.ConfigureAwait(false);
    }

    /// <summary>How things are. Any thread.</summary>
    public Task<FleetSnapshot> DescribeAsync() => AskAsync(_fleet.Describe);

    /// <summary>Another worker in the place of the one with this index. Any thread.</summary>
    /// <returns>Null, or why not.</returns>
    public Task<string?> RestartAsync(int index) => AskAsync(() => _fleet.Restart(index));

    /// <summary>So many workers. Any thread.</summary>
    /// <returns>Null, or why not.</returns>
    public Task<string?> ScaleAsync(int count) => AskAsync(() => _fleet.SetSize(count));

    /// <summary>One worker more. Any thread.</summary>
    public void Grow() => Post(_fleet.Grow);

    /// <summary>One worker less. Any thread.</summary>
    public void Shrink() => Post(_fleet.Shrink);

    /// <summary>Has responses that have no end of their own come to theirs, within this time. Any thread.</summary>
    public void PartStreams(TimeSpan rest) => Post(() => _fleet.PartStreams(rest));

    /// <summary>
    /// Lets the workers finish what they have, shut down and exit; kills what is left when the grace is over. What is to be called for those
    /// that have ended is called before it completes, or has used up <see cref="ExitHook.Limit"/>.
    /// </summary>
    public async Task StopAsync(TimeSpan grace)
    {
        _hooks.Dispose();
        Post(() => _fleet.Stop(grace));
        Post(_starter.Stop);
        Task finished = await Task.WhenAny(_fleet.AllStopped, Task.Delay(grace + WorkerProcess.ExitTime)).ConfigureAwait(false);
        if (finished != _fleet.AllStopped)
        {
            KillAll();
            await _fleet.AllStopped.ConfigureAwait(false);
        }

        await (_exitHook?.Done ?? Task.CompletedTask).ConfigureAwait(false);
    }

    /// <summary>Kills all workers at once. Any thread.</summary>
    public void KillAll()
    {
        _hooks.Dispose();
        Post(_fleet.KillAll);
        Post(_starter.Stop);
    }

    /// <summary>Closes the socket that workers connect to.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        _watchdog.Dispose();
        _acceptor.Dispose();
        _starter.Dispose();
        _exitHook?.Dispose();
        _hooks.Dispose();
    }

    Worker IFleetActions.Create(int index, WorkerLife life)
        => new(
            index,
            new WorkerLinkOptions(_options.DataLinks, _options.DataChannel, _options.LimitConcurrency, _options.InterruptsAbandoned, _options.WorkerLoops, _options.KeepsNotes, _options.State, _handover, _options.Jobs),
            this,
            life);

    void IHandoverHost.Quieten(int worker, Action quiet) => Post(() => _fleet.Quieten(worker, quiet));

    void IFleetActions.Launch(Worker worker)
    {
        Interlocked.Increment(ref _launched);
        _totals.Add(worker);
        _ = LaunchAsync(worker);
    }

    void IWorkerEvents.OnReady(Worker worker)
    {
        _watchdog.Add(worker);
        _application.Add(worker);
        Post(() => _fleet.OnReady(worker));
    }

    void IWorkerEvents.OnGoodbye(Worker worker)
    {
        // Its last: what it has used since is what its exit takes.
        worker.Measure();
        Post(() => _fleet.OnGoodbye(worker));
    }

    void IWorkerEvents.OnLinkClosed(Worker worker, string? violation) => Post(() => _fleet.OnLinkClosed(worker, violation));

    void IWorkerEvents.OnLog(Worker worker, WireLogLevel level, DateTimeOffset created, string logger, string message)
        => _log.Write(worker.Index, worker.Pid, level, created, logger, message);

    private async Task<StartedProcess> StartDirectAsync(WorkerSpawner spawner)
    {
        _options.Prepare();
        WorkerCommand command = _options.Command();
        return new StartedProcess(await spawner.StartAsync(command, 0).ConfigureAwait(false), command);
    }

    private async Task StartFleetAsync()
    {
        WorkerFailure? failure = await _hooks.CallAsync(_options.ChecksOnly ? ServerHooks.Check : ServerHooks.Starting).ConfigureAwait(false);
        Post(failure is null ? _fleet.Start : () => _fleet.FailStart(failure));
    }

    // Null, or why there is to be no reload.
    private async Task<WorkerFailure?> CallReloadHooksAsync()
    {
        WorkerFailure? failure = await _hooks.CallAsync(ServerHooks.Reload).ConfigureAwait(false);
        if (failure is not null)
        {
            SupervisionLog.ReloadFailed(_logger, failure.Message);
        }

        return failure;
    }

    private async Task BeginReloadAsync(TaskCompletionSource<string?> over)
    {
        await _begun.ConfigureAwait(false);
        if (await CallReloadHooksAsync().ConfigureAwait(false) is { } failure)
        {
            over.TrySetResult(failure.Message);
            return;
        }

        Post(() =>
        {
            _fleet.Reload();
            _reloads.Add(over);
        });
    }

    private async Task LaunchAsync(Worker worker)
    {
        int code = await _launcher.RunAsync(worker, () => OnStarted(worker)).ConfigureAwait(false);
        _watchdog.Remove(worker);
        _totals.Remove(worker);
        _application.Remove(worker);
        if (worker.Pid > 0 && worker.Failure?.Reason is not StartFailure.ExitHookMissing)
        {
            // Before the fleet hears of it: when that has stopped, nothing is added any more.
            _exitHook?.Add(new EndedWorker(worker.Pid, worker.Index, code));
        }

        Post(() => _fleet.OnExited(worker, code));
    }

    private void OnStarted(Worker worker)
    {
        Post(() => _fleet.OnProcessStarted(worker));
        _ = worker.Process!.Orphaned.ContinueWith(_ => Post(() => _fleet.OnOrphaned(worker)), TaskScheduler.Default);
    }

    private Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                answer.TrySetResult(question());
            }
            catch (Exception e)
            {
                answer.TrySetException(e);
            }
        });
        return answer.Task;
    }

    private void Post(Action action) => _queue.Writer.TryWrite(action);

    private async Task RunAsync()
    {
        await foreach (Action action in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                action();
                if (_reloads.Count > 0 && !_fleet.IsReloading)
                {
                    _reloads.ForEach(over => over.TrySetResult(_fleet.ReloadFailure));
                    _reloads.Clear();
                }

                if (_settling.Count > 0 && _fleet.IsSettled)
                {
                    _settling.ForEach(static over => over.TrySetResult());
                    _settling.Clear();
                }

                _timer.Change(_fleet.UntilNextTick(), Timeout.InfiniteTimeSpan);
            }
            catch (Exception e)
            {
                // A mistake of ours in one decision must not end all further ones.
                SupervisionLog.DecisionFailed(_logger, e);
            }
        }
    }
}
