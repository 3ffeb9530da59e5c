using System.Buffers.Binary;
using Hydra.Protocol;
using Hydra.State;
using Microsoft.Extensions.Logging;

namespace Hydra.Jobs;

/// <summary>What becomes of functions that were deferred: nobody waits for them, and they are begun again where they fail. Under the desk's gate.</summary>
/// <param name="book">All jobs.</param>
/// <param name="due">What has its time.</param>
/// <param name="logger">Where to say what fails.</param>
internal sealed class DeferFlow(JobBook book, DueQueue due, ILogger logger)
{
    // What came of jobs is kept for so many, and of no more bytes than may wait.
    private const int MostKept = 10_000;

    private const long LongestBackoff = 300_000;

    /// <summary>A worker hands over a function.</summary>
    /// <param name="lane">Where it is to wait.</param>
    /// <param name="spec">The function.</param>
    /// <param name="delay">Milliseconds until it may begin.</param>
    /// <param name="tick">Its schedule.</param>
    public StateResult Defer(JobLane lane, JobSpec spec, long delay, JobTick? tick = null)
    {
        string key = Convert.ToHexString(spec.Key);
        if (spec.Key.Length > 0 && lane.Keys.TryGetValue(key, out Job? same))
        {
            return new StateResult(StateStatus.Done, same.Id, 1);
        }

        var job = new Job(lane, book.NextId(), spec) { QueuedOn = book.Today, Tick = tick, IsPutOff = delay > 0 };
        if (!book.TryAdd(job))
        {
            return new StateResult(StateStatus.Full);
        }

        if (spec.Key.Length > 0)
        {
            lane.Keys.Add(key, job);
        }

        if (delay > 0)
        {
            due.Set(job, book.Now + delay);
        }

        if (tick is not null)
        {
            tick.Job = job;
        }

        book.After(lane.Awaken());
        book.Match(lane);
        return new StateResult(StateStatus.Done, job.Id);
    }

    /// <summary>Takes over one that waited elsewhere.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool Restore(JobLane lane, SavedJob saved)
    {
        book.LastId = saved.Id;
        var job = new Job(lane, saved.Id, saved.Spec) { QueuedOn = saved.QueuedOn, IsPutOff = saved.Delay > 0, Attempts = saved.Attempts };
        if (!book.TryAdd(job))
        {
            return false;
        }

        if (saved.Spec.Key.Length > 0)
        {
            lane.Keys.TryAdd(Convert.ToHexString(saved.Spec.Key), job);
        }

        if (saved.Delay > 0)
        {
            due.Set(job, book.Now + saved.Delay);
        }

        book.After(lane.Awaken());
        book.Match(lane);
        return true;
    }

    /// <summary>A process is through with one.</summary>
    /// <param name="job">It.</param>
    /// <param name="outcome">0: done. 1: it has raised. 2: it was stopped because its time was over.</param>
    /// <param name="value">What came of it.</param>
    public void Finish(Job job, int outcome, byte[] value)
    {
        if (outcome == 0)
        {
            job.Lane.Counts.Done++;
            End(job, JobState.Done, value);
            return;
        }

        job.Lane.Counts.TimedOut += outcome == 2 ? 1 : 0;
        Fail(job, isLost: false, value);
    }

    /// <summary>The process has ended that was at one.</summary>
    public void Lose(Job job) => Fail(job, isLost: true, null);

    /// <summary>The time of one has come.</summary>
    public void OnDue(Job job)
    {
        if (job.IsOver)
        {
            book.Forget(job);
        }
        else if (job is { State: JobState.Waiting, IsPutOff: true })
        {
            job.Lane.Remove(job);
            job.IsPutOff = false;
            job.Lane.Add(job);
            book.Match(job.Lane);
        }
        else if (job.State is JobState.Running)
        {
            // Its process stops it, and says so.
            book.Tell(job, JobNotice.TimedOut);
        }
    }

    /// <summary>What is known of a job: its state and how often it was begun; three times in milliseconds since 1970 and what came of it.</summary>
    /// <param name="lane">Whose it is.</param>
    /// <param name="id">Its number.</param>
    /// <param name="isWhole">Whether what came of it is to stand behind what it is: a length, function and arguments.</param>
    public StateResult Find(JobLane lane, long id, bool isWhole)
    {
        if (book.Find(id) is not { } job || job.Lane != lane)
        {
            return new StateResult(StateStatus.Missing);
        }

        byte[] result = job.Result ?? [];
        byte[] payload = job.Spec.Payload;
        int times = 3 * sizeof(long);
        int at = isWhole ? times + sizeof(int) + payload.Length : times;
        byte[] known = new byte[at + result.Length];
        BinaryPrimitives.WriteInt64LittleEndian(known, job.QueuedOn);
        BinaryPrimitives.WriteInt64LittleEndian(known.AsSpan(8), job.StartedOn);
        BinaryPrimitives.WriteInt64LittleEndian(known.AsSpan(16), job.EndedOn);
        if (isWhole)
        {
            BinaryPrimitives.WriteInt32LittleEndian(known.AsSpan(times), payload.Length);
            payload.CopyTo(known, times + sizeof(int));
        }

        result.CopyTo(known, at);
        return new StateResult(StateStatus.Done, (long)job.State, job.Attempts, Value: known);
    }

    /// <summary>Takes out all functions that were deferred and wait; not those of the clock, whose turns are not made up for.</summary>
    public List<Job> TakeWaiting(JobLane lane)
    {
        Job[] waiting = [.. lane.Ready, .. lane.PutOff];
        foreach (Job job in waiting)
        {
            lane.Remove(job);
            book.Forget(job);
        }

        return [.. waiting.Where(static job => job.Tick is null)];
    }

    private void Fail(Job job, bool isLost, byte[]? result)
    {
        (JobSpec spec, int left) = (job.Spec, job.Spec.Retries - job.Attempts + 1);
        if (left > 0)
        {
            job.Lane.Counts.Retried++;
            long wait = Math.Min(spec.Backoff * (1L << Math.Min(job.Attempts - 1, 20)), LongestBackoff);
            job.IsPutOff = true;
            job.Lane.Add(job);
            due.Set(job, book.Now + Math.Max(1, wait));
            if (isLost)
            {
                book.After(() => JobsLog.LostAndRetried(logger, job.Id, spec.Name, wait / 1000.0, left));
            }

            return;
        }

        job.Lane.Counts.Failed++;
        int attempts = job.Attempts;
        book.After(isLost ? () => JobsLog.LostForGood(logger, job.Id, spec.Name, attempts) : () => JobsLog.Failed(logger, job.Id, spec.Name, attempts));
        End(job, JobState.Failed, result);
    }

    // A deferred function is done, or has failed for good.
    private void End(Job job, JobState state, byte[]? result)
    {
        (job.State, job.Result) = (state, result);
        JobBook.ForgetKey(job);
        if (job.Tick is { } tick && tick.Job == job)
        {
            (tick.Job, tick.IsLate) = (null, false);
        }

        if (job.Spec.Keep == 0)
        {
            book.Forget(job);
            return;
        }

        due.Set(job, book.Now + (job.Spec.Keep * 1000L));
        job.Lane.Keep(job);
        while (job.Lane.OldestKept(MostKept) is { } old)
        {
            book.Forget(old);
        }
    }
}
