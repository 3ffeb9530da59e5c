using Hydra.State;

namespace Hydra.Jobs;

/// <summary>A process that does jobs. Under the desk's gate.</summary>
/// <param name="lane">Those of this lane.</param>
/// <param name="worker">Its worker: numbers of workers grow.</param>
internal sealed class JobServer(JobLane lane, int worker)
{
    /// <summary>The lane whose jobs it does.</summary>
    public JobLane Lane { get; } = lane;

    /// <summary>Its worker.</summary>
    public int Worker { get; } = worker;

    /// <summary>What it is at.</summary>
    public HashSet<Job> Running { get; } = [];

    /// <summary>What it was not told yet.</summary>
    public Queue<(long Job, JobNotice Notice)> Notices { get; } = new();

    /// <summary>The call by which it waits for that.</summary>
    public (IStateCaller Caller, uint Sequence)? Hearer { get; set; }

    /// <summary>Whether it takes no more.</summary>
    public bool IsLeaving { get; set; }
}

/// <summary>A thread of a process that waits for something to do.</summary>
/// <param name="Server">The process.</param>
/// <param name="Caller">Its link.</param>
/// <param name="Sequence">Its call.</param>
internal sealed record JobTaker(JobServer Server, IStateCaller Caller, uint Sequence);
