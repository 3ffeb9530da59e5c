using System.Text;
using Hydra.Protocol;
using Hydra.State;
using Microsoft.Extensions.Logging;

namespace Hydra.Jobs;

/// <summary>
/// Where workers leave what other processes are to do, and those come for it: calls of pools, functions that are deferred, functions that are called by the
/// clock. Any thread; <c>_gate</c> guards all, and nothing is done under it that waits.
/// </summary>
internal sealed class JobDesk : IDisposable
{
    private const int MostAtATime = 1000;

    // A timer is set this much later than what it is for, so that it need not be set again for the rest of a millisecond.
    private const long Slack = 1;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly DueQueue _due = new();
    private readonly JobBook _book;
    private readonly CallFlow _calls;
    private readonly DeferFlow _deferred;
    private readonly JobClock _clock;
    private readonly JobEnds _ends;
    private readonly List<JobLane> _lanes = [];
    private readonly Dictionary<string, JobLane> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<StateOwner, JobServer> _servers = [];
    private readonly List<TaskCompletionSource> _drains = [];
    private long _timedFor = long.MaxValue;
    private bool _isOver;

    /// <summary>Makes a desk without lanes.</summary>
    /// <param name="logger">Where to say what fails.</param>
    /// <param name="time">The clock.</param>
    public JobDesk(ILogger logger, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _logger = logger;
        _start = _time.GetTimestamp();
        _book = new JobBook(logger, _due) { LastId = Today() << 20 };
        _calls = new CallFlow(_book, _due);
        _deferred = new DeferFlow(_book, _due, logger);
        _ends = new JobEnds(_book, _calls, _deferred);
        _clock = new JobClock(_book, _deferred, _due, logger);
        _timer = _time.CreateTimer(static desk => ((JobDesk)desk!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether an operation is one of this.</summary>
    public static bool Knows(StateOperation operation) => operation is >= StateOperation.TaskCall and <= StateOperation.TaskSchedule;

    /// <summary>A further lane. Before any call.</summary>
    public JobLane Open(JobLaneOptions options)
    {
        var lane = new JobLane(options);
        _lanes.Add(lane);
        if (!options.IsDeferred)
        {
            _pools.Add(options.Name, lane);
        }

        return lane;
    }

    /// <summary>Does what a call says.</summary>
    /// <param name="call">The call.</param>
    /// <param name="access">What its worker may.</param>
    /// <param name="worker">The number of its worker; those of younger ones are larger.</param>
    /// <param name="owner">The process that makes it.</param>
    /// <param name="caller">Who hears of what takes its time.</param>
    /// <returns>Null where it takes its time.</returns>
    public StateResult? Execute(in StateCall call, JobAccess access, int worker, StateOwner owner, IStateCaller caller)
    {
        StateResult? result;
        lock (_gate)
        {
            Begin();
            result = call.Operation switch
            {
                _ when _isOver => new(StateStatus.Off),
                StateOperation.TaskCall => Call(call, owner, caller),
                StateOperation.TaskNext => _calls.Next(call.Number, owner, caller, call.Sequence),
                StateOperation.TaskCancel => _calls.Cancel(call.Number, owner),
                StateOperation.TaskDefer => access.Deferred is not { } lane ? new(StateStatus.Off)
                    : JobSpec.OfDefer(call) is { } spec ? _deferred.Defer(lane, spec, call.Milliseconds) : new(StateStatus.Invalid),
                StateOperation.TaskFind => access.Deferred is { } lane ? _deferred.Find(lane, call.Number, call.Other == 1) : new(StateStatus.Off),
                StateOperation.TaskSchedule => Schedule(call, access, worker, owner),
                _ => access.Serves is { } lane ? Serve(call, ServerOf(owner, lane, worker), caller) : new(StateStatus.Invalid),
            };
        }

        End();
        return result;
    }

    /// <summary>Nobody waits any more for the answer to that call.</summary>
    /// <returns>Whether somebody did.</returns>
    public bool Abandon(IStateCaller caller, uint sequence)
    {
        bool isKnown;
        lock (_gate)
        {
            Begin();
            isKnown = _calls.Abandon(caller, sequence);
        }

        End();
        return isKnown;
    }

    /// <summary>A link has closed, and with it what waits for answers on it.</summary>
    public void OnClosed(IStateCaller caller)
    {
        lock (_gate)
        {
            Begin();
            _calls.CancelAll(job => job.Waiter?.Caller == caller);
            foreach (JobLane lane in _lanes)
            {
                lane.RemoveTakers(taker => taker.Caller == caller);
            }

            foreach (JobServer server in _servers.Values.Where(server => server.Hearer?.Caller == caller))
            {
                server.Hearer = null;
            }
        }

        End();
    }

    /// <summary>A process has ended: what it was at is begun again or has failed, and what it wanted nobody wants.</summary>
    public void OnEnded(StateOwner owner)
    {
        lock (_gate)
        {
            Begin();
            _calls.CancelAll(job => job.Owner == owner);
            if (_servers.Remove(owner, out JobServer? server))
            {
                server.Lane.RemoveTakers(taker => taker.Server == server);
                if (server.Lane.Schedules.Speaker == server)
                {
                    server.Lane.Schedules.Speaker = null;
                }

                foreach (Job job in server.Running.ToArray())
                {
                    _ends.Lose(job);
                }
            }
        }

        End();
    }

    /// <summary>Functions are not called by the clock any more, or not yet; what waits goes on.</summary>
    public void HoldClock(bool isHeld)
    {
        lock (_gate)
        {
            Begin();
            _clock.Hold(isHeld, _lanes);
        }

        End();
    }

    /// <summary>Completes when no deferred function waits that could begin now, and none runs.</summary>
    public Task DrainAsync()
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _drains.Add(drained);
            Begin();
        }

        End();
        return drained.Task;
    }

    /// <summary>The processes have ended, or are about to: takes all deferred functions of a lane that were not done, and no more are taken.</summary>
    public IReadOnlyList<SavedJob> Save(JobLane lane)
    {
        List<SavedJob> saved = [];
        lock (_gate)
        {
            Begin();
            _isOver = true;
            foreach (Job job in lane.Running.ToArray())
            {
                _ends.Lose(job);
            }

            foreach (Job job in _deferred.TakeWaiting(lane))
            {
                saved.Add(new SavedJob(job.Spec, job.Id, job.IsPutOff && job.Due != long.MaxValue ? Math.Max(1, job.Due - _book.Now) : 0, job.Attempts, job.QueuedOn));
            }
        }

        End();
        return saved;
    }

    /// <summary>Takes over a function that waited in the server before this one.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool Restore(JobLane lane, SavedJob saved)
    {
        bool isTaken;
        lock (_gate)
        {
            Begin();
            isTaken = _deferred.Restore(lane, saved);
        }

        End();
        return isTaken;
    }

    /// <summary>They are lost, and that is said.</summary>
    public void Drop(JobLane lane, IReadOnlyList<SavedJob> jobs)
    {
        if (jobs.Count > 0)
        {
            lane.Counts.Dropped += jobs.Count;
            JobsLog.Dropped(_logger, jobs.Count, string.Join(", ", jobs.GroupBy(static job => job.Spec.Name).OrderByDescending(static same => same.Count()).Take(20)
                .Select(static same => $"{same.Key} ({same.Count()})")));
        }
    }

    /// <summary>What there is to be measured, of the lanes that were ever used.</summary>
    public IReadOnlyList<JobFigures> ReadFigures()
    {
        lock (_gate)
        {
            return [.. _lanes.Where(static lane => lane.IsUsed).Select(static lane => lane.ReadFigures())];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        _timer.Dispose();
    }

    private StateResult? Call(in StateCall call, StateOwner owner, IStateCaller caller)
        => !_pools.TryGetValue(Encoding.UTF8.GetString(call.Key), out JobLane? lane) ? new StateResult(StateStatus.Missing)
            : JobSpec.OfCall(call) is { } spec ? _calls.Call(lane, spec, owner, caller, call.Sequence)
            : new StateResult(StateStatus.Invalid);

    private StateResult? Serve(in StateCall call, JobServer server, IStateCaller caller)
    {
        switch (call.Operation)
        {
            case StateOperation.TaskTake when server.IsLeaving:
                return new StateResult(StateStatus.Missing);
            case StateOperation.TaskTake:
                server.Lane.Add(new JobTaker(server, caller, call.Sequence));
                _book.Match(server.Lane);
                return null;
            case StateOperation.TaskPart:
                return _calls.Part(call.Number, server, call, caller);
            case StateOperation.TaskDone:
                return _ends.Finish(call.Number, server, (int)call.Other, call.Value) ? StateResult.Done : new StateResult(StateStatus.Missing);
            case StateOperation.TaskHear when server.Notices.TryDequeue(out (long Job, JobNotice Notice) told):
                return new StateResult(StateStatus.Done, told.Job, (long)told.Notice);
            case StateOperation.TaskHear:
                server.Hearer = (caller, call.Sequence);
                return null;
            default:
                // TASK_LEAVE: the threads that wait have nothing to do any more.
                server.IsLeaving = true;
                foreach (JobTaker taker in server.Lane.RemoveTakers(taker => taker.Server == server))
                {
                    _book.Reply((taker.Caller, taker.Sequence), new StateResult(StateStatus.Missing));
                }

                return StateResult.Done;
        }
    }

    private StateResult? Schedule(in StateCall call, JobAccess access, int worker, StateOwner owner)
    {
        if (access.Deferred is not { } lane)
        {
            return new StateResult(StateStatus.Off);
        }

        if (access.Serves != lane)
        {
            // A worker that serves requests has functions which are called by the clock: a process is to be there that says when.
            _book.After(JobSchedules.CountIn(call.Value) > 0 ? lane.Awaken() : null);
            return StateResult.Done;
        }

        return _clock.Set(call.Value, ServerOf(owner, lane, worker)) ? StateResult.Done : new StateResult(StateStatus.Invalid);
    }

    private JobServer ServerOf(StateOwner owner, JobLane lane, int worker)
    {
        if (!_servers.TryGetValue(owner, out JobServer? server))
        {
            _servers.Add(owner, server = new JobServer(lane, worker));
        }

        return server;
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timedFor = long.MaxValue;
            Begin();
            for (int i = 0; i < MostAtATime && !_isOver && _due.Take(_book.Now) is { } item; i++)
            {
                if (item is JobTick tick)
                {
                    _clock.OnDue(tick);
                }
                else if (item is Job { Spec.Kind: JobKind.Deferred } deferred)
                {
                    _deferred.OnDue(deferred);
                }
                else
                {
                    _calls.OnDue((Job)item);
                }
            }
        }

        End();
    }

    private void Begin()
    {
        _book.Now = (long)_time.GetElapsedTime(_start).TotalMilliseconds;
        _book.Today = Today();
    }

    // What is to be said is said under no lock: a caller's link has one of its own.
    private void End()
    {
        List<Action> after;
        lock (_gate)
        {
            long next = _due.Next;
            if (next < _timedFor && !_isOver)
            {
                _timedFor = next;
                _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(next - _book.Now + Slack, Slack, int.MaxValue)), Timeout.InfiniteTimeSpan);
            }

            if (_drains.Count > 0 && _lanes.TrueForAll(static lane => !lane.Options.IsDeferred || (lane.Ready.Count == 0 && lane.Running.Count == 0)))
            {
                _drains.ForEach(drained => _book.After(drained.SetResult));
                _drains.Clear();
            }

            after = _book.TakeAfter();
        }

        after.ForEach(static action => action());
    }

    private long Today() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
