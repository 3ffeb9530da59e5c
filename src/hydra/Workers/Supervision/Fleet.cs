using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>
/// All workers, and every decision about them: what to start, replace, drain and kill. What happens to them comes in here, and goes to
/// whom it concerns: <see cref="Starts"/>, <see cref="Replacements"/>, <see cref="Reloader"/>, <see cref="FleetSize"/>,
/// <see cref="WearCheck"/> and <see cref="Departures"/>. Not for several threads: the supervisor's queue calls it.
/// </summary>
internal sealed class Fleet
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(60);

    // How often age and queue are looked at. A look costs a few microseconds for each worker.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly SupervisorOptions _options;
    private readonly IWorkerPool _pool;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _allStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Roster _roster;
    private readonly Reloader _reload;
    private readonly Starts _starts;
    private readonly Departures _departures;
    private readonly Replacements _replacements;
    private readonly FleetSize _size;
    private readonly WearCheck _wear;
    private readonly ConcurrencyCheck? _concurrency;
    private readonly StartLimit _startLimit;
    private readonly FleetHistory _history = new();
    private volatile WorkerFailure? _lastFailure;
    private bool _hasBegun;
    private TimeSpan _probeAt;
    private TimeSpan _lookAt;

    /// <summary>Makes the fleet; <see cref="Start"/> starts the workers.</summary>
    public Fleet(
        SupervisorOptions options,
        IWorkerPool pool,
        IQueueFigures queue,
        IFleetActions actions,
        IWorkerLogSink log,
        ILogger logger,
        TimeProvider time)
    {
        _options = options;
        _pool = pool;
        _logger = logger;
        _roster = new Roster(options, actions, time);
        _departures = new Departures(_roster, options, pool, logger);
        _reload = new Reloader(_roster, _departures, logger) { WaitsForChange = options.WaitsForChange };
        _starts = new Starts(_roster, _reload, log, logger) { WaitsForChange = options.WaitsForChange };
        _replacements = new Replacements(_roster, _reload, _departures, new OverlapRule(options.Replace), logger);
        _size = new FleetSize(_roster, options, queue, _departures, _reload, logger);
        _wear = new WearCheck(_roster);
        _concurrency = options.AdaptsConcurrency ? new ConcurrencyCheck(_roster, logger) : null;
        _startLimit = new StartLimit(_roster, options.StartTimeout, logger);
    }

    /// <summary>Completes when all workers have been ready once, or when one could not start before that.</summary>
    public Task<StartOutcome> Started => _starts.First;

    /// <summary>Completes when, after <see cref="Stop"/>, no process is left.</summary>
    public Task AllStopped => _allStopped.Task;

    /// <summary>All processes that have not ended. Any thread.</summary>
    public IReadOnlyList<Worker> Alive => _roster.Alive;

    /// <summary>How many requests a worker may have at the same time, where that is found out; else null. Any thread.</summary>
    public ConcurrencyFigures? Concurrency => _concurrency?.Figures;

    private bool LooksOften => _concurrency is not null || _options.Recycle.IsUsed || _options.Scale.IsUsed;

    /// <summary>Whether workers are left that a reload is to replace.</summary>
    public bool IsReloading => _reload.IsActive && !_roster.IsStopping;

    /// <summary>Why the last reload was given up; null where it was not.</summary>
    public string? ReloadFailure => _reload.Failure;

    /// <summary>Why the last start of a worker has failed, or what has to be done before it; null once a worker got ready. Any thread.</summary>
    public WorkerFailure? LastFailure => _lastFailure;

    /// <summary>
    /// Whether no worker is being started, or about to be: what was asked for has come to its end, good or bad. One that has said that it cannot start is not at its
    /// end before its process is: only then it is known why.
    /// </summary>
    public bool IsSettled => _roster.IsStopping || (_hasBegun && !_reload.IsActive && _roster.Slots.All(slot => !slot.IsWanted
        || (slot.Serving is { } serving ? serving.Life.ReadyAt is not null : slot.StartAt > _roster.Now + WorkerSlot.Soon)));

    private string? Refusal => _roster.IsStopping ? "the server is stopping" : _hasBegun ? null : "the server is still starting";

    /// <summary>Starts all workers.</summary>
    public void Start()
    {
        _hasBegun = true;
        for (int i = 0; i < _options.Workers; i++)
        {
            _roster.WantOneMore();
        }

        Advance();
    }

    /// <summary>No worker is to be started: what has to be done before has failed.</summary>
    public void FailStart(WorkerFailure failure) => _starts.Fail(failure);

    /// <summary>What has to be done before workers start has failed. Any thread.</summary>
    public void NoteFailure(WorkerFailure failure) => _lastFailure = failure;

    /// <summary>The workers of an index, whose links may come. Any thread.</summary>
    public IEnumerable<ILinkOwner> OwnersOf(int index) => _roster.OwnersOf(index);

    /// <summary>Asks for the end of a worker, where its reason allows it not before its replacement is ready.</summary>
    public void Replace(Worker worker, RetireReason reason) => Decide(() => _replacements.Ask(worker, reason));

    /// <summary>Starts a worker with the present code for each, and lets the old ones go as the new ones get ready.</summary>
    public void Reload() => Decide(_reload.Request);

    /// <summary>One worker more, as SIGTTIN asks for.</summary>
    public void Grow() => Decide(_size.Grow);

    /// <summary>One worker less, as SIGTTOU asks for.</summary>
    public void Shrink() => Decide(_size.Shrink);

    /// <summary>So many workers, if there may be.</summary>
    /// <returns>Null, or why not.</returns>
    public string? SetSize(int count)
    {
        string? refusal = Refusal;
        Decide(() => refusal = _size.SetTo(count));
        return refusal;
    }

    /// <summary>Another worker in the place of this one; where the next start of its index waits for its time, it is due now.</summary>
    /// <returns>Null, or why not.</returns>
    public string? Restart(int index)
    {
        if (index < 0 || index >= _roster.Slots.Count || _roster.Slots[index] is not { IsWanted: true } slot)
        {
            return $"there is no worker {index}: they are numbered from 0 to {_roster.Wanted - 1}";
        }

        if (slot.Serving is { State: WorkerState.Starting })
        {
            return $"worker {index} is starting already";
        }

        string? refusal = Refusal;
        Decide(() =>
        {
            refusal = null;
            slot.RetryAt = TimeSpan.Zero;
            if (slot.Serving is { } serving)
            {
                _replacements.Ask(serving, RetireReason.Asked);
            }
            else if (slot.StartAt is not null)
            {
                slot.StartAt = _roster.Now;
            }
        });
        return refusal;
    }

    /// <summary>How many workers have ended, by why. Any thread.</summary>
    public IReadOnlyDictionary<string, long> Ends => _history.Read();

    /// <summary>How things are now.</summary>
    public FleetSnapshot Describe()
    {
        TimeSpan now = _roster.Now;
        WorkerSnapshot[] workers = [.. _roster.Alive
            .Select(worker => new WorkerSnapshot(worker.Index, worker, now - worker.Life.StartedAt, now - worker.Life.ReadyAt, worker.Life.Reason, null))
            .Concat(_roster.Slots.Where(static slot => slot is { StartAt: not null, Serving: null })
                .Select(slot => new WorkerSnapshot(slot.Index, null, TimeSpan.Zero, null, null, slot.StartAt - now)))
            .OrderBy(static worker => worker.Index).ThenByDescending(static worker => worker.Age)];
        return new FleetSnapshot(_roster.Wanted, _size.Fewest, _size.Most, _reload.Generation, IsReloading, _history.Read(), workers);
    }

    /// <summary>The server is about to stop: responses that have no end of their own come to theirs.</summary>
    /// <param name="rest">How long they may still take.</param>
    public void PartStreams(TimeSpan rest)
    {
        foreach (Worker worker in _roster.Alive)
        {
            _departures.Part(worker, rest);
        }
    }

    /// <summary>Another one is about to take the place of this worker, and is to have all that it has: it gets no more requests.</summary>
    /// <param name="worker">The number of its handle.</param>
    /// <param name="quiet">Called when it has finished what it has; at once where nothing takes its place.</param>
    public void Quieten(int worker, Action quiet)
    {
        if (_roster.Alive.FirstOrDefault(other => other.Handle.Id == worker) is { } found)
        {
            _departures.Quieten(found, quiet);
        }
        else
        {
            quiet();
        }
    }

    /// <summary>Lets all workers finish what they have and exit.</summary>
    public void Stop(TimeSpan grace)
    {
        _roster.IsStopping = true;
        foreach (Worker worker in _roster.Alive)
        {
            _departures.Stop(worker, grace);
        }

        CompleteIfAllStopped();
    }

    /// <summary>Kills all workers.</summary>
    public void KillAll()
    {
        _roster.IsStopping = true;
        foreach (Worker worker in _roster.Alive)
        {
            _departures.Kill(worker);
        }

        CompleteIfAllStopped();
    }

    /// <summary>The process of a worker is there.</summary>
    public void OnProcessStarted(Worker worker)
    {
        _startLimit.Begin(worker);

        // What was decided while it was being started found no process to end.
        if (worker.State is WorkerState.Ending)
        {
            worker.Process?.Kill();
        }
    }

    /// <summary>A worker is ready.</summary>
    public void OnReady(Worker worker)
    {
        if (worker.State is not WorkerState.Starting || _roster.IsStopping)
        {
            return;
        }

        WorkerSlot slot = _roster.SlotOf(worker);
        worker.Life.BecomeReady(_roster.Now);
        _lastFailure = null;
        SupervisionLog.Ready(_logger, worker.Index, worker.Pid);
        _pool.Add(worker.Handle);
        _replacements.OnReady(slot, worker);
        _reload.OnReady(worker);
        _starts.OnReady();
        if (worker.Process is { Orphaned.IsCompleted: true })
        {
            // It has happened while it started.
            OnOrphaned(worker);
        }

        Advance();
    }

    /// <summary>A worker has drained.</summary>
    public void OnGoodbye(Worker worker) => _departures.OnGoodbye(worker);

    /// <summary>The process that a worker was forked from has ended.</summary>
    public void OnOrphaned(Worker worker) => Replace(worker, RetireReason.TemplateLost);

    /// <summary>A link of a worker has closed.</summary>
    public void OnLinkClosed(Worker worker, string? violation) => _departures.OnLinkClosed(worker, violation);

    /// <summary>The process of a worker has ended, or could not be started.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="exitCode">As <see cref="WorkerProcess.WaitAsync"/> gives it.</param>
    public void OnExited(Worker worker, int exitCode)
    {
        WorkerSlot slot = _roster.SlotOf(worker);
        (bool served, bool replaced) = (slot.Serving == worker, slot.Replacement == worker);
        if ((served || replaced) && worker.Life.ReadyAt is null && !_roster.IsStopping)
        {
            _lastFailure = worker.FailureOr(exitCode);
        }

        worker.Life.MoveTo(WorkerState.Stopped);
        _history.OnEnded(worker.Life.Reason, worker.Life.ReadyAt is not null);
        _pool.Remove(worker.Handle);
        worker.Links.End();
        _replacements.OnLeft(slot, worker);
        _roster.Remove(worker);
        if (_roster.IsStopping || (!served && !replaced))
        {
            SupervisionLog.Stopped(_logger, worker.Index, worker.Pid, worker.Life.Reason?.Rule().Text ?? "");
            CompleteIfAllStopped();
        }
        else if (replaced)
        {
            WorkerFailure failure = worker.FailureOr(exitCode);
            _starts.LogTraceback(worker, failure);
            _replacements.OnFailed(slot, worker, failure);
        }
        else
        {
            _starts.OnEnded(slot, worker, exitCode);
        }

        Advance();
    }

    /// <summary>Does what is due. Called at <see cref="UntilNextTick"/> or at any other time.</summary>
    public void Tick()
    {
        TimeSpan now = _roster.Now;
        foreach (Worker worker in _roster.Alive)
        {
            _departures.Advance(worker, now);
            _startLimit.Advance(worker, now);
        }

        if (!_roster.IsStopping)
        {
            Probe(now);
            Look(now);
            Advance();
        }
    }

    /// <summary>How long nothing is due.</summary>
    public TimeSpan UntilNextTick()
    {
        TimeSpan now = _roster.Now;
        TimeSpan next = _roster.IsStopping ? now + LongestTick : LooksOften ? Moments.Sooner(_probeAt, _lookAt) : _probeAt;
        foreach (WorkerSlot slot in _roster.Slots)
        {
            next = Moments.Sooner(next, slot.StartAt);
            next = Moments.Sooner(next, slot.RetryAt > now ? slot.RetryAt : null);
        }

        foreach (Worker worker in _roster.Alive)
        {
            next = Moments.Sooner(next, Departures.Due(worker, now));
            next = Moments.Sooner(next, StartLimit.Due(worker));
        }

        return next > now ? next - now : TimeSpan.FromMilliseconds(1);
    }

    private void Decide(Action decision)
    {
        if (_hasBegun && !_roster.IsStopping)
        {
            decision();
            Advance();
        }
    }

    // Starts what is due: workers, then replacements.
    private void Advance()
    {
        if (!_roster.IsStopping)
        {
            _starts.StartDue();
            _replacements.Advance();
        }
    }

    private void Probe(TimeSpan now)
    {
        if (now < _probeAt)
        {
            return;
        }

        _probeAt = now + _options.ProbeInterval;
        foreach (Worker worker in _roster.Alive)
        {
            if (worker.State.Serves())
            {
                worker.Links.Ping();
            }
        }
    }

    private void Look(TimeSpan now)
    {
        if (!LooksOften || now < _lookAt)
        {
            return;
        }

        _lookAt = now + LookInterval;
        _wear.Look(now);
        _concurrency?.Look(now);
        if (_options.Scale.IsUsed && _starts.First.IsCompleted)
        {
            _size.Look(now);
        }
    }

    private void CompleteIfAllStopped()
    {
        if (_roster.IsStopping && _roster.Alive.Count == 0)
        {
            _allStopped.TrySetResult();
        }
    }
}
