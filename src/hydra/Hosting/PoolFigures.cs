using Hydra.Http;
using Hydra.State;
using Hydra.Topics;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>What is measured of one pool, at one moment.</summary>
internal sealed record PoolFigures
{
    /// <summary>The pool's name.</summary>
    public required string Name { get; init; }

    /// <summary>What the workers share; null where they share nothing.</summary>
    public StateFigures? State { get; init; }

    /// <summary>What they publish and subscribe; null where they do not.</summary>
    public TopicFigures? Topics { get; init; }

    /// <summary>Connections that outlive their workers; null where there are none.</summary>
    public ResumeDesk? Resume { get; init; }

    /// <summary>Requests that wait for a worker.</summary>
    public int QueueLength { get; init; }

    /// <summary>Bytes of the requests that wait.</summary>
    public long QueueBytes { get; init; }

    /// <summary>How long requests wait at present.</summary>
    public TimeSpan QueueDelay { get; init; }

    /// <summary>Requests that were refused because the queue was full.</summary>
    public long RefusedFull { get; init; }

    /// <summary>Requests that were refused because they had waited as long as they may.</summary>
    public long RefusedLate { get; init; }

    /// <summary>Requests with a key that were sent to workers, and those whose worker was told that the key had moved; null where requests have no keys.</summary>
    public (long Served, long Moved)? Keys { get; init; }

    /// <summary>How many requests a worker may have at the same time, where that is found out; else null.</summary>
    public ConcurrencyFigures? Concurrency { get; init; }

    /// <summary>The worker processes that have not ended.</summary>
    public IReadOnlyList<WorkerFigures> Workers { get; init; } = [];

    /// <summary>How many were started so far.</summary>
    public long Launched { get; init; }

    /// <summary>How many have ended, by why.</summary>
    public IReadOnlyDictionary<string, long> Ends { get; init; } = new Dictionary<string, long>();

    /// <summary>What the application counts; null where it is not asked.</summary>
    public CollectedFigures? Application { get; init; }

    /// <summary>What the workers have done, by number.</summary>
    public IReadOnlyDictionary<int, WorkerTotal> Totals { get; init; } = new Dictionary<int, WorkerTotal>();
}

/// <summary>What is measured of one worker process.</summary>
/// <param name="Index">Its number, which it shares with the one that it replaces.</param>
/// <param name="State">What it does.</param>
/// <param name="InFlight">Requests that it has.</param>
/// <param name="Sessions">Sessions that it has beside them.</param>
/// <param name="Info">What it said of itself when it was ready; null before.</param>
/// <param name="IsSilent">Whether it does not answer.</param>
/// <param name="LoopLag">By how much its event loop is late, at the last look.</param>
internal readonly record struct WorkerFigures(
    int Index, WorkerState State, int InFlight, int Sessions = 0, WorkerInfo? Info = null, bool IsSilent = false, TimeSpan LoopLag = default)
{
    /// <summary>Bytes of memory that are resident.</summary>
    public long Resident { get; init; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedOn { get; init; }
}
