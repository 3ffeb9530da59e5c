using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>What the <see cref="Fleet"/> has done for it: the supervisor with real processes, a test without.</summary>
internal interface IFleetActions
{
    /// <summary>Describes a worker; nothing is started yet.</summary>
    Worker Create(int index, WorkerLife life);

    /// <summary>Starts its process. What becomes of it is told to the fleet later, never within this call.</summary>
    void Launch(Worker worker);
}

/// <summary>
/// All workers, and every decision about them: what to start, replace, drain and kill. Not for several threads: the supervisor's queue
/// calls it. Times are spans since it was made.
/// </summary>
internal sealed partial class Fleet
{
    // A failing start is not repeated sooner while the old worker serves.
    private static readonly TimeSpan LeastRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(60);

    private readonly SupervisorOptions _options;
    private readonly IWorkerPool _pool;
    private readonly IQueueFigures _queue;
    private readonly IFleetActions _actions;
    private readonly IWorkerLogSink _log;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly TaskCompletionSource<StartOutcome> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _allStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<WorkerSlot> _slots = [];

    // All processes that have not ended. Swapped as a whole: the listener's handshakes read it.
    private volatile Worker[] _alive = [];
    private bool _isStopping;
    private TimeSpan _probeAt;

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
        _queue = queue;
        _actions = actions;
        _log = log;
        _logger = logger;
        _time = time;
        _scale = new ScalePolicy(options.Scale);
        _origin = time.GetTimestamp();
    }

    /// <summary>Completes when all workers have been ready once, or when one could not start before that.</summary>
    public Task<StartOutcome> Started => _started.Task;

    /// <summary>Completes when, after <see cref="Stop"/>, no process is left.</summary>
    public Task AllStopped => _allStopped.Task;

    /// <summary>All processes that have not ended.</summary>
    public IReadOnlyList<Worker> Alive => _alive;

    private bool HasStarted => _started.Task is { IsCompletedSuccessfully: true, Result.Failure: null };

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Starts all workers.</summary>
    public void Start()
    {
        for (int i = 0; i < _options.Workers; i++)
        {
            _slots.Add(new WorkerSlot(i));
            StartServing(_slots[i]);
        }
    }

    /// <summary>The workers of an index, whose links may come. Any thread.</summary>
    public IEnumerable<ILinkOwner> OwnersOf(int index) => _alive.Where(worker => worker.Index == index);

    /// <summary>The process of a worker is there.</summary>
    public static void OnProcessStarted(Worker worker)
    {
        // What was decided while it was being started found no process to end.
        if (worker.State is WorkerState.Ending)
        {
            worker.Process?.Kill();
        }
    }

    /// <summary>A worker is ready.</summary>
    public void OnReady(Worker worker)
    {
        if (worker.State is not WorkerState.Starting || _isStopping)
        {
            return;
        }

        WorkerSlot slot = _slots[worker.Index];
        worker.Life.BecomeReady(Now);
        SupervisionLog.Ready(_logger, worker.Index, worker.Pid);
        _pool.Add(worker.Handle);
        if (slot.Replacement == worker)
        {
            TakeOver(slot, worker);
        }

        OnReadyForReload(worker);
        CompleteStart();
        Advance();
    }

    /// <summary>The process of a worker has ended, or could not be started.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="exitCode">As <see cref="WorkerProcess.WaitAsync"/> gives it.</param>
    public void OnExited(Worker worker, int exitCode)
    {
        WorkerSlot slot = _slots[worker.Index];
        (bool served, bool replaced) = (slot.Serving == worker, slot.Replacement == worker);
        worker.Life.MoveTo(WorkerState.Stopped);
        _pool.Remove(worker.Handle);
        worker.CloseLinks();
        slot.Remove(worker);
        _alive = Array.FindAll(_alive, other => other != worker);
        if (_isStopping || (!served && !replaced))
        {
            SupervisionLog.Stopped(_logger, worker.Index, worker.Pid, worker.Life.Reason?.Rule().Text ?? "");
            CompleteIfAllStopped();
        }
        else if (replaced)
        {
            OnReplacementFailed(slot, worker, FailureOf(worker, exitCode));
        }
        else
        {
            OnServingEnded(slot, worker, exitCode);
        }

        Advance();
    }

    /// <summary>Does what is due. Called at <see cref="UntilNextTick"/> or at any other time.</summary>
    public void Tick()
    {
        TimeSpan now = Now;
        foreach (Worker worker in _alive)
        {
            AdvanceEnd(worker, now);
        }

        if (_isStopping)
        {
            return;
        }

        foreach (WorkerSlot slot in _slots)
        {
            if (slot.StartAt <= now)
            {
                StartServing(slot);
            }
        }

        Probe(now);
        Look(now);
        Advance();
    }

    /// <summary>How long nothing is due.</summary>
    public TimeSpan UntilNextTick()
    {
        TimeSpan now = Now;
        TimeSpan next = _isStopping ? now + LongestTick : LooksOften ? Sooner(_probeAt, _lookAt) : _probeAt;
        foreach (WorkerSlot slot in _slots)
        {
            next = Sooner(next, slot.StartAt);
            next = Sooner(next, slot.RetryAt > now ? slot.RetryAt : null);
        }

        foreach (Worker worker in _alive)
        {
            next = Sooner(next, worker.Life.KillAt);
            next = Sooner(next, worker.State is WorkerState.Draining && !worker.Life.IsTold ? now + DrainLook : null);
        }

        return next > now ? next - now : TimeSpan.FromMilliseconds(1);
    }

    private static TimeSpan Sooner(TimeSpan a, TimeSpan? b) => b < a ? b.Value : a;

    private static WorkerFailure FailureOf(Worker worker, int exitCode) => worker.Failure
        ?? new WorkerFailure(StartFailure.Internal, $"the worker {ExitDescription.Of(exitCode)} while it loaded the application", "");

    private void StartServing(WorkerSlot slot)
    {
        slot.StartAt = null;
        slot.Serving = Create(slot);
        DropFromReload(slot);
        _actions.Launch(slot.Serving);
    }

    private Worker Create(WorkerSlot slot)
    {
        var life = new WorkerLife { Generation = _reload.Generation, StartedAt = Now, Limits = WearLimits.Draw(_options.Recycle, Random.Shared) };
        Worker worker = _actions.Create(slot.Index, life);
        _alive = [.. _alive, worker];
        return worker;
    }

    private void CompleteStart()
    {
        if (!_started.Task.IsCompleted && _slots.TrueForAll(slot => !slot.IsWanted || slot.Serving?.Life.ReadyAt is not null))
        {
            _started.TrySetResult(new StartOutcome(_slots[0].Serving!.Info, null));
        }
    }

    private void OnServingEnded(WorkerSlot slot, Worker worker, int exitCode)
    {
        WorkerFailure? failure = worker.Life.ReadyAt is null ? FailureOf(worker, exitCode) : null;
        if (failure is not null && !HasStarted)
        {
            // The first says why the server cannot start, and it is about to stop; the others have nothing to add.
            _started.TrySetResult(new StartOutcome(null, failure));
            return;
        }

        slot.Wish = null;
        if (slot.Replacement is not null)
        {
            slot.Promote();
            DropFromReload(slot);
            SupervisionLog.DiedWhileReplaced(_logger, worker.Index, worker.Pid, ExitDescription.Of(exitCode));
            return;
        }

        TimeSpan delay = slot.Backoff.Next(worker.Life.ReadyAt is { } ready ? Now - ready : TimeSpan.Zero);
        slot.StartAt = Now + delay;
        if (failure is null)
        {
            SupervisionLog.Died(_logger, worker.Index, worker.Pid, ExitDescription.Of(exitCode), delay.TotalSeconds);
        }
        else
        {
            LogTraceback(worker, failure);
            SupervisionLog.RestartFailed(_logger, worker.Index, failure.Message, delay.TotalSeconds);
        }
    }

    private void LogTraceback(Worker worker, WorkerFailure failure)
    {
        if (failure.Traceback.Length > 0)
        {
            _log.WriteLine(worker.Index, worker.Pid, failure.Traceback, isError: true);
        }
    }

    private void Probe(TimeSpan now)
    {
        if (now < _probeAt)
        {
            return;
        }

        _probeAt = now + _options.ProbeInterval;
        foreach (Worker worker in _alive)
        {
            if (worker.State.Serves())
            {
                worker.Ping();
            }
        }
    }
}
