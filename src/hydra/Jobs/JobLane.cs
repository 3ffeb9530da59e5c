namespace Hydra.Jobs;

/// <summary>What a lane may hold.</summary>
/// <param name="Name">What it is called in the log and in metrics.</param>
/// <param name="MostJobs">Jobs that may wait.</param>
/// <param name="MostBytes">Their bytes.</param>
/// <param name="Timeout">How long a job may take that says nothing of it; zero for ever.</param>
/// <param name="IsDeferred">Whether it is of deferred functions; else it is of a pool that is called.</param>
/// <param name="Wake">Called once when the first job comes, or the first schedule: starts the processes. Null where they run anyway.</param>
internal sealed record JobLaneOptions(string Name, int MostJobs, long MostBytes, TimeSpan Timeout, bool IsDeferred, Action? Wake = null);

/// <summary>What there is to be measured of a lane.</summary>
/// <param name="Name">The lane.</param>
/// <param name="IsDeferred">Whether it is of deferred functions.</param>
/// <param name="Queued">Jobs that wait, also for their time.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Running">Jobs that a process is at.</param>
/// <param name="Done">Jobs that were done.</param>
/// <param name="Failed">Jobs that have failed for good.</param>
/// <param name="Retried">How often a job was to be begun once more.</param>
/// <param name="Refused">Jobs for which there was no room.</param>
/// <param name="Cancelled">Jobs that nobody wanted any more.</param>
/// <param name="TimedOut">Jobs whose time was over.</param>
/// <param name="Lost">How often a process ended that was at a job.</param>
/// <param name="Skipped">Turns of schedules that were left out because the one before them ran still.</param>
/// <param name="Dropped">Jobs that were not begun before the server ended.</param>
/// <param name="Schedules">Schedules.</param>
internal sealed record JobFigures(
    string Name, bool IsDeferred, int Queued, long Bytes, int Running, long Done, long Failed, long Retried, long Refused, long Cancelled, long TimedOut, long Lost, long Skipped,
    long Dropped, int Schedules);

/// <summary>The jobs of one pool, or the deferred functions of one application: what waits, and who waits for it. Under the desk's gate.</summary>
/// <param name="options">What it may hold.</param>
internal sealed class JobLane(JobLaneOptions options)
{
    private static readonly IComparer<Job> Order = Comparer<Job>.Create(static (a, b)
        => b.Spec.Priority.CompareTo(a.Spec.Priority) is var order and not 0 ? order : a.Id.CompareTo(b.Id));

    private readonly List<JobTaker> _takers = [];

    // What is over and kept, the oldest first; and its bytes.
    private readonly LinkedList<Job> _kept = new();
    private long _keptBytes;
    private bool _isAwake = options.Wake is null;

    /// <summary>What it may hold.</summary>
    public JobLaneOptions Options { get; } = options;

    /// <summary>What waits for a process, what is to be begun first in front.</summary>
    public SortedSet<Job> Ready { get; } = new(Order);

    /// <summary>What waits for its time.</summary>
    public HashSet<Job> PutOff { get; } = [];

    /// <summary>What a process is at.</summary>
    public HashSet<Job> Running { get; } = [];

    /// <summary>What waits or runs and has a key.</summary>
    public Dictionary<string, Job> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>Functions that are called by the clock.</summary>
    public JobSchedules Schedules { get; } = new();

    /// <summary>Bytes of what waits.</summary>
    public long Bytes { get; private set; }

    /// <summary>Counts for <see cref="ReadFigures"/>.</summary>
    public JobCounts Counts { get; } = new();

    /// <summary>Whether a further job may wait.</summary>
    public bool HasRoomFor(long cost) => Ready.Count + PutOff.Count < Options.MostJobs && Bytes + cost <= Options.MostBytes;

    /// <summary>Has the processes started, the first time.</summary>
    /// <returns>What is to be called for it, not under the gate; null where that was done.</returns>
    public Action? Awaken()
    {
        bool isAwake = _isAwake;
        _isAwake = true;
        return isAwake ? null : Options.Wake;
    }

    /// <summary>A job waits.</summary>
    public void Add(Job job)
    {
        job.State = JobState.Waiting;
        Bytes += job.Cost;
        _ = job.IsPutOff ? PutOff.Add(job) : Ready.Add(job);
    }

    /// <summary>A job does not wait any more.</summary>
    public void Remove(Job job)
    {
        if (Ready.Remove(job) | PutOff.Remove(job))
        {
            Bytes -= job.Cost;
        }
    }

    /// <summary>It is kept what came of a job.</summary>
    public void Keep(Job job)
    {
        job.Kept = _kept.AddLast(job);
        _keptBytes += BytesOf(job);
    }

    /// <summary>It is not kept any more what came of a job, where it was.</summary>
    public static void LetGo(Job job)
    {
        if (job.Kept is { } place)
        {
            job.Kept = null;
            job.Lane._kept.Remove(place);
            job.Lane._keptBytes -= BytesOf(job);
        }
    }

    /// <summary>The oldest of the jobs that are kept, where there are more than may be, or more bytes of them than may wait; the youngest always is.</summary>
    public Job? OldestKept(int most) => _kept.Count > most || (_keptBytes > Options.MostBytes && _kept.Count > 1) ? _kept.First!.Value : null;

    /// <summary>A thread waits for something to do.</summary>
    public void Add(JobTaker taker) => _takers.Add(taker);

    /// <summary>Threads that do not wait any more.</summary>
    /// <returns>Those.</returns>
    public List<JobTaker> RemoveTakers(Predicate<JobTaker> which)
    {
        List<JobTaker> removed = _takers.FindAll(which);
        _takers.RemoveAll(which);
        return removed;
    }

    /// <summary>Takes the thread that is to do the next job: one of the process that is at the fewest, and of equal ones that which has waited longest.</summary>
    /// <returns>Null where there is no job, or no thread.</returns>
    public JobTaker? NextTaker()
    {
        if (Ready.Count == 0 || _takers.Count == 0)
        {
            return null;
        }

        int best = 0;
        for (int i = 1; i < _takers.Count; i++)
        {
            best = _takers[i].Server.Running.Count < _takers[best].Server.Running.Count ? i : best;
        }

        JobTaker taker = _takers[best];
        _takers.RemoveAt(best);
        return taker;
    }

    /// <summary>What there is to be measured.</summary>
    public JobFigures ReadFigures() => new(
        Options.Name, Options.IsDeferred, Ready.Count + PutOff.Count, Bytes, Running.Count, Counts.Done, Counts.Failed, Counts.Retried, Counts.Refused, Counts.Cancelled,
        Counts.TimedOut, Counts.Lost, Counts.Skipped, Counts.Dropped, Schedules.Count);

    /// <summary>Whether it was ever used.</summary>
    public bool IsUsed => _isAwake;

    private static long BytesOf(Job job) => job.Cost + (job.Result?.Length ?? 0);
}

/// <summary>What is counted of a lane; see <see cref="JobFigures"/>. Under the desk's gate.</summary>
internal sealed class JobCounts
{
#pragma warning disable SA1600, CS1591 // JobFigures says what each is.
    public long Done { get; set; }

    public long Failed { get; set; }

    public long Retried { get; set; }

    public long Refused { get; set; }

    public long Cancelled { get; set; }

    public long TimedOut { get; set; }

    public long Lost { get; set; }

    public long Skipped { get; set; }

    public long Dropped { get; set; }
#pragma warning restore SA1600, CS1591
}
