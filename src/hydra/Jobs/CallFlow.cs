using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Jobs;

/// <summary>What becomes of calls of pools, and of streams: somebody waits for them. Under the desk's gate.</summary>
/// <param name="book">All jobs.</param>
/// <param name="due">What has its time.</param>
internal sealed class CallFlow(JobBook book, DueQueue due)
{
    /// <summary>A worker calls a pool.</summary>
    public StateResult? Call(JobLane lane, JobSpec spec, StateOwner owner, IStateCaller caller, uint sequence)
    {
        uint timeout = JobBook.TimeoutOf(lane, spec);
        var job = new Job(lane, book.NextId(), spec)
        {
            Owner = owner,
            Stream = spec.Kind is JobKind.Stream ? new JobStream() : null,
            QueuedOn = book.Today,
        };
        if (!book.TryAdd(job))
        {
            return new StateResult(StateStatus.Full);
        }

        if (timeout != JobSpec.Endless)
        {
            due.Set(job, book.Now + timeout);
        }

        if (job.Stream is null)
        {
            book.Wait(job, caller, sequence);
        }

        book.Match(lane);
        return job.Stream is null ? null : new StateResult(StateStatus.Done, job.Id);
    }

    /// <summary>Who reads a stream wants more of it.</summary>
    public StateResult? Next(long id, StateOwner owner, IStateCaller caller, uint sequence)
    {
        if (book.Find(id) is not { } job || job.Owner != owner || job.Stream is not { } stream)
        {
            return new StateResult(StateStatus.Missing);
        }

        if (stream.HasParts)
        {
            byte[] parts = stream.Take();
            if (stream.Giver is { } giver)
            {
                stream.Giver = null;
                book.Reply(giver, StateResult.Done);
            }

            return new StateResult(StateStatus.Done, 0, Value: parts);
        }

        if ((stream.Failure ?? (stream.End is { } end ? new StateResult(StateStatus.Done, end.Outcome == 0 ? 1 : 2, Value: end.Value) : null)) is { } over)
        {
            if (job.State is JobState.Abandoned)
            {
                stream.Failure = null;
            }
            else
            {
                book.Forget(job);
            }

            return over;
        }

        if (job.Waiter is not null || job.State is JobState.Abandoned)
        {
            return new StateResult(job.Waiter is null ? StateStatus.Missing : StateStatus.Invalid);
        }

        book.Wait(job, caller, sequence);
        return null;
    }

    /// <summary>A process has something for who reads a stream.</summary>
    public StateResult? Part(long id, JobServer server, in StateCall call, IStateCaller caller)
    {
        if (book.Find(id) is not { } job || job.Server != server || job is not { State: JobState.Running, Stream: { Giver: null } stream })
        {
            return new StateResult(StateStatus.Missing);
        }

        stream.Add(call.Value);
        if (job.Waiter is not null)
        {
            book.Answer(job, new StateResult(StateStatus.Done, 0, Value: stream.Take()));
        }
        else if (stream.IsFull)
        {
            stream.Giver = (caller, call.Sequence);
            return null;
        }

        return StateResult.Done;
    }

    /// <summary>Nobody wants the job any more that this call is of.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Abandon(IStateCaller caller, uint sequence)
    {
        if (book.WaitedFor(caller, sequence) is not { } job)
        {
            return false;
        }

        Cancel(job);
        return true;
    }

    /// <summary>Nobody wants a stream any more.</summary>
    public StateResult Cancel(long id, StateOwner owner)
    {
        if (book.Find(id) is not { } job || job.Owner != owner)
        {
            return new StateResult(StateStatus.Missing);
        }

        Cancel(job);
        return StateResult.Done;
    }

    /// <summary>Calls whose answers nobody hears any more.</summary>
    public void CancelAll(Func<Job, bool> which)
    {
        foreach (Job job in book.All.Where(which).ToArray())
        {
            Cancel(job);
        }
    }

    /// <summary>A process is through with one.</summary>
    /// <param name="job">It.</param>
    /// <param name="outcome">0: with a result. Else: with an exception.</param>
    /// <param name="value">That.</param>
    public void Finish(Job job, int outcome, byte[] value)
    {
        int said = outcome == 0 ? 0 : 1;
        _ = said == 0 ? job.Lane.Counts.Done++ : job.Lane.Counts.Failed++;
        Settle(job, new StateResult(StateStatus.Done, said, Value: value), (said, value));
    }

    /// <summary>The process has ended that was at one.</summary>
    public void Lose(Job job)
    {
        if (job.Spec.IsIdempotent && job.Attempts < 2 && job.Stream is not { HasBegun: true })
        {
            job.Lane.Counts.Retried++;
            job.Lane.Add(job);
            book.Match(job.Lane);
            return;
        }

        job.Lane.Counts.Failed++;
        Settle(job, new StateResult(StateStatus.Lost));
    }

    /// <summary>A process is through with one that nobody wants any more.</summary>
    public void Close(Job job)
    {
        if (job.Stream?.Failure is null)
        {
            book.Forget(job);
        }
        else
        {
            // Its reader has not heard of that yet.
            job.State = JobState.Failed;
        }
    }

    /// <summary>The time of one is over.</summary>
    public void OnDue(Job job)
    {
        if (job.State is JobState.Waiting or JobState.Running)
        {
            job.Lane.Counts.TimedOut++;
            GiveUp(job, JobNotice.TimedOut, new StateResult(StateStatus.TimedOut, job.State is JobState.Running ? 0 : 1));
        }
    }

    // A call or a stream has come to its end: who waits is told, and who does not yet when he asks.
    private void Settle(Job job, StateResult result, (int Outcome, byte[] Value)? end = null)
    {
        if (job.Stream is not { } stream)
        {
            book.Answer(job, result);
            book.Forget(job);
            return;
        }

        stream.End = end;
        stream.Failure = end is null ? result : null;
        if (job.Waiter is not null)
        {
            book.Answer(job, end is { } whole ? new StateResult(StateStatus.Done, whole.Outcome == 0 ? 1 : 2, Value: whole.Value) : result);
            book.Forget(job);
        }
        else
        {
            // Until its reader has heard of it, closes it or ends.
            job.State = JobState.Done;
            job.Due = long.MaxValue;
        }
    }

    private void Cancel(Job job)
    {
        // Nobody reads what has come, or hears how it has ended.
        if (job.Stream is { } stream)
        {
            stream.Take();
            stream.Failure = null;
        }

        if (job.State is JobState.Abandoned)
        {
            return;
        }

        job.Lane.Counts.Cancelled += job.IsOver ? 0 : 1;
        GiveUp(job, JobNotice.Cancelled, null);
    }

    private void GiveUp(Job job, JobNotice why, StateResult? told)
    {
        if (told is { } result && job.Stream is { } stream && job.Waiter is null)
        {
            // It is told when it asks.
            stream.Failure = result;
        }
        else
        {
            book.Answer(job, told);
        }

        if (job.State is JobState.Running)
        {
            book.Tell(job, why);
            if (job.Stream?.Giver is { } giver)
            {
                job.Stream.Giver = null;
                book.Reply(giver, new StateResult(StateStatus.Missing));
            }

            job.State = JobState.Abandoned;
            job.Due = long.MaxValue;
        }
        else if (job.State is JobState.Waiting)
        {
            job.Lane.Remove(job);
            job.State = JobState.Failed;
        }

        if (job.State is not JobState.Abandoned && job.Stream?.Failure is null)
        {
            book.Forget(job);
        }
    }
}
