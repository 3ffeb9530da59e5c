using Hydra.Protocol;
using Hydra.State;
using Microsoft.Extensions.Logging;

namespace Hydra.Jobs;

/// <summary>
/// All jobs, who waits for what, and what is to be said to whom when the desk's gate is free. Under that gate, as all of what becomes of jobs (<see cref="CallFlow"/>,
/// <see cref="DeferFlow"/>).
/// </summary>
/// <param name="logger">Where to say that there is no room.</param>
/// <param name="due">What has its time.</param>
internal sealed class JobBook(ILogger logger, DueQueue due)
{
    private const long BetweenWords = 60_000;

    private readonly Dictionary<long, Job> _jobs = [];
    private readonly Dictionary<(IStateCaller, uint), Job> _waiting = [];
    private List<Action> _after = [];
    private long _lastId;
    private long _nextWord;

    /// <summary>The time of the desk's clock, in milliseconds; set before anything is done.</summary>
    public long Now { get; set; }

    /// <summary>Milliseconds since 1970; set before anything is done.</summary>
    public long Today { get; set; }

    /// <summary>The last number that a job was given; others are larger.</summary>
    public long LastId
    {
        get => _lastId;
        set => _lastId = Math.Max(_lastId, value);
    }

    /// <summary>All jobs.</summary>
    public IEnumerable<Job> All => _jobs.Values;

    /// <summary>The next number of a job.</summary>
    public long NextId() => ++_lastId;

    /// <summary>The job with a number; null where there is none.</summary>
    public Job? Find(long id) => _jobs.GetValueOrDefault(id);

    /// <summary>The job that a call waits for; null where it waits for none.</summary>
    public Job? WaitedFor(IStateCaller caller, uint sequence) => _waiting.GetValueOrDefault((caller, sequence));

    /// <summary>Takes what is to be done when the gate is free.</summary>
    public List<Action> TakeAfter()
    {
        List<Action> after = _after;
        _after = [];
        return after;
    }

    /// <summary>A further thing to do when the gate is free.</summary>
    public void After(Action? action)
    {
        if (action is not null)
        {
            _after.Add(action);
        }
    }

    /// <summary>Answers a call.</summary>
    public void Reply((IStateCaller Caller, uint Sequence)? to, StateResult result)
    {
        if (to is { } who)
        {
            _after.Add(() => who.Caller.Reply(who.Sequence, result));
        }
    }

    /// <summary>Gives jobs that wait to threads that do.</summary>
    public void Match(JobLane lane)
    {
        while (lane.NextTaker() is { } taker)
        {
            Job job = lane.Ready.Min!;
            lane.Remove(job);
            lane.Running.Add(job);
            taker.Server.Running.Add(job);
            (job.State, job.Server, job.StartedOn) = (JobState.Running, taker.Server, Today);
            job.Attempts++;
            uint timeout = TimeoutOf(lane, job.Spec);
            if (job.Spec.Kind is JobKind.Deferred)
            {
                due.Set(job, timeout == JobSpec.Endless ? long.MaxValue : Now + timeout);
            }

            Reply((taker.Caller, taker.Sequence), new StateResult(StateStatus.Done, job.Id, job.Attempts, Value: job.Spec.ForServer(timeout)));
        }
    }

    /// <summary>Milliseconds that a job may take.</summary>
    public static uint TimeoutOf(JobLane lane, JobSpec spec)
        => spec.Timeout != 0 ? spec.Timeout : lane.Options.Timeout <= TimeSpan.Zero ? JobSpec.Endless : (uint)Math.Min(lane.Options.Timeout.TotalMilliseconds, JobSpec.Endless);

    /// <summary>A job waits from now on, where there is room.</summary>
    public bool TryAdd(Job job)
    {
        if (!job.Lane.HasRoomFor(job.Cost))
        {
            job.Lane.Counts.Refused++;
            if (Now >= _nextWord)
            {
                _nextWord = Now + BetweenWords;
                After(() => JobsLog.Full(logger, job.Lane.Options.Name, job.Lane.Counts.Refused));
            }

            return false;
        }

        _jobs.Add(job.Id, job);
        job.Lane.Add(job);
        return true;
    }

    /// <summary>A call waits for a job.</summary>
    public void Wait(Job job, IStateCaller caller, uint sequence)
    {
        job.Waiter = (caller, sequence);
        _waiting[(caller, sequence)] = job;
    }

    /// <summary>Whoever waits for a job has this answer, or none.</summary>
    public void Answer(Job job, StateResult? result)
    {
        if (job.Waiter is { } waiter)
        {
            _waiting.Remove((waiter.Caller, waiter.Sequence));
            job.Waiter = null;
            if (result is { } told)
            {
                Reply(waiter, told);
            }
        }
    }

    /// <summary>Tells the process that is at a job.</summary>
    public void Tell(Job job, JobNotice notice)
    {
        if (job.Server is { } server)
        {
            if (server.Hearer is { } hearer)
            {
                server.Hearer = null;
                Reply(hearer, new StateResult(StateStatus.Done, job.Id, (long)notice));
            }
            else
            {
                server.Notices.Enqueue((job.Id, notice));
            }
        }
    }

    /// <summary>No process is at a job any more.</summary>
    public void Leave(Job job)
    {
        job.Server?.Running.Remove(job);
        job.Lane.Running.Remove(job);
        job.Server = null;
        job.EndedOn = Today;
    }

    /// <summary>Another one with its key may come.</summary>
    public static void ForgetKey(Job job)
    {
        string key = Convert.ToHexString(job.Spec.Key);
        if (key.Length > 0 && job.Lane.Keys.GetValueOrDefault(key) == job)
        {
            job.Lane.Keys.Remove(key);
        }
    }

    /// <summary>Nobody asks for a job any more.</summary>
    public void Forget(Job job)
    {
        if (_jobs.Remove(job.Id))
        {
            ForgetKey(job);
            due.Remove(job);
            JobLane.LetGo(job);
        }
    }
}
