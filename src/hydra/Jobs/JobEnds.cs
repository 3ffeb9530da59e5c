namespace Hydra.Jobs;

/// <summary>A process is through with a job, or has ended before it was. Under the desk's gate.</summary>
/// <param name="book">All jobs.</param>
/// <param name="calls">What becomes of those that somebody waits for.</param>
/// <param name="deferred">What becomes of the others.</param>
internal sealed class JobEnds(JobBook book, CallFlow calls, DeferFlow deferred)
{
    /// <summary>A process is through with one.</summary>
    /// <param name="id">It.</param>
    /// <param name="server">The process.</param>
    /// <param name="outcome">0: done. 1: it has raised. 2: it was stopped because its time was over.</param>
    /// <param name="value">What came of it.</param>
    /// <returns>False where that process is not at it.</returns>
    public bool Finish(long id, JobServer server, int outcome, ReadOnlySpan<byte> value)
    {
        if (book.Find(id) is not { } job || job.Server != server)
        {
            return false;
        }

        bool isWanted = job.State is JobState.Running;
        book.Leave(job);
        if (!isWanted)
        {
            calls.Close(job);
        }
        else if (job.Spec.Kind is JobKind.Deferred)
        {
            deferred.Finish(job, outcome, value.ToArray());
        }
        else
        {
            calls.Finish(job, outcome, value.ToArray());
        }

        return true;
    }

    /// <summary>The process has ended that was at one.</summary>
    public void Lose(Job job)
    {
        bool isWanted = job.State is JobState.Running;
        book.Leave(job);
        job.Lane.Counts.Lost++;
        if (!isWanted)
        {
            calls.Close(job);
        }
        else if (job.Spec.Kind is JobKind.Deferred)
        {
            deferred.Lose(job);
        }
        else
        {
            calls.Lose(job);
        }
    }
}
