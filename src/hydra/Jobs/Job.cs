using Hydra.State;

namespace Hydra.Jobs;

/// <summary>What a job is.</summary>
internal enum JobKind : byte
{
    /// <summary>Somebody waits for its result.</summary>
    Call = 0,

    /// <summary>Somebody reads its results one after the other.</summary>
    Stream = 1,

    /// <summary>Nobody waits: it is done some time, and again where it fails.</summary>
    Deferred = 2,
}

/// <summary>Where a job is.</summary>
internal enum JobState : byte
{
    /// <summary>It waits for a process, or for its time.</summary>
    Waiting = 0,

    /// <summary>A process is at it.</summary>
    Running = 1,

    /// <summary>It has been done.</summary>
    Done = 2,

    /// <summary>It has failed for good.</summary>
    Failed = 3,

    /// <summary>A process is at it still, and nobody wants it any more.</summary>
    Abandoned = 4,
}

/// <summary>Why a process is told of a job that it is at.</summary>
internal enum JobNotice : byte
{
    /// <summary>Nobody wants it any more.</summary>
    Cancelled = 1,

    /// <summary>Its time is over.</summary>
    TimedOut = 2,
}

/// <summary>
/// Something that a worker wants done in another process: a call of a pool, or a function that was deferred. Under the desk's gate, as all here. Its time as
/// a <see cref="DueItem"/> is when it may begin, while it is put off; else when its time is over, or when its result is forgotten.
/// </summary>
/// <param name="lane">Where it waits.</param>
/// <param name="id">Its number, which no other has had.</param>
/// <param name="spec">What it is.</param>
internal sealed class Job(JobLane lane, long id, JobSpec spec) : DueItem
{
    /// <summary>What a job is counted as beside its bytes.</summary>
    public const int Overhead = 300;

    /// <summary>Where it waits.</summary>
    public JobLane Lane { get; } = lane;

    /// <summary>Its number.</summary>
    public long Id { get; } = id;

    /// <summary>What it is.</summary>
    public JobSpec Spec { get; } = spec;

    /// <summary>Where it is.</summary>
    public JobState State { get; set; }

    /// <summary>Whether it waits for its time, and not for a process.</summary>
    public bool IsPutOff { get; set; }

    /// <summary>How often it was begun.</summary>
    public int Attempts { get; set; }

    /// <summary>The process that wants it; null where nobody waits.</summary>
    public StateOwner? Owner { get; init; }

    /// <summary>The call that waits for its result, or for the next part of it; null where none does.</summary>
    public (IStateCaller Caller, uint Sequence)? Waiter { get; set; }

    /// <summary>The process that is at it.</summary>
    public JobServer? Server { get; set; }

    /// <summary>What has come and was not read; null where it is no stream.</summary>
    public JobStream? Stream { get; init; }

    /// <summary>The schedule that it is of.</summary>
    public JobTick? Tick { get; init; }

    /// <summary>What came of it, while it is kept.</summary>
    public byte[]? Result { get; set; }

    /// <summary>Its place among those of which it is kept what came of them; null where it is none of them.</summary>
    public LinkedListNode<Job>? Kept { get; set; }

    /// <summary>When it was handed over, in milliseconds since 1970; and when it was last begun, and ended: 0 before.</summary>
    public long QueuedOn { get; init; }

    /// <inheritdoc cref="QueuedOn"/>
    public long StartedOn { get; set; }

    /// <inheritdoc cref="QueuedOn"/>
    public long EndedOn { get; set; }

    /// <summary>Bytes that it is counted as while it waits.</summary>
    public long Cost => Overhead + Spec.Payload.Length + Spec.Key.Length;

    /// <summary>Whether it has ended, and only what came of it is kept.</summary>
    public bool IsOver => State is JobState.Done or JobState.Failed;
}
