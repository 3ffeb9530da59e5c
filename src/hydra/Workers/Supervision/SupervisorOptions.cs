using System.Net.Sockets;
using Hydra.Jobs;
using Hydra.Primitives;
using Hydra.Topics;
using Hydra.Transport;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;

namespace Hydra.Workers.Supervision;

/// <summary>What the supervisor needs to know. Immutable.</summary>
internal sealed record SupervisorOptions
{
    private readonly TimeSpan? _sessionTimeout;
    private readonly TimeSpan? _streamGrace;

    /// <summary>How many workers are started.</summary>
    public int Workers => Scale.Minimum;

    /// <summary>How many workers there may be, and what decides between.</summary>
    public required ScaleOptions Scale { get; init; }

    /// <summary>The most workers that signals may ask for where <see cref="Scale"/> is not used.</summary>
    public required int MostWorkers { get; init; }

    /// <summary>How long the requests of a worker that is replaced or removed may go on.</summary>
    public required TimeSpan DrainTimeout { get; init; }

    /// <summary>How long the sessions of such a worker may stay; as long as its requests unless it is set.</summary>
    public TimeSpan SessionTimeout
    {
        get => _sessionTimeout ?? DrainTimeout;
        init => _sessionTimeout = value;
    }

    /// <summary>
    /// How long the responses of such a worker that have no end of their own go on before they are told: see <see cref="StreamGraceOf"/>.
    /// </summary>
    public TimeSpan StreamGrace
    {
        get => StreamGraceOf(_streamGrace, DrainTimeout);
        init => _streamGrace = value;
    }

    /// <summary>How long a worker may take from its start until it is ready; zero for ever.</summary>
    public TimeSpan StartTimeout { get; init; }

    /// <summary>Whether a worker and the one that takes its place run at the same time.</summary>
    public ReplaceMode Replace { get; init; }

    /// <summary>When workers are replaced because of their age.</summary>
    public RecycleOptions Recycle { get; init; } = new();

    /// <summary>How often workers are asked how they do: the lateness of their event loops is what scaling goes by.</summary>
    public TimeSpan ProbeInterval => Scale.IsUsed || AdaptsConcurrency ? TimeSpan.FromSeconds(0.25) : TimeSpan.FromSeconds(10);

    /// <summary>How long requests may take, and workers may be silent.</summary>
    public WatchdogOptions Watchdog { get; init; } = new();

    /// <summary>Whether the thread that runs the request of a client which has left is interrupted.</summary>
    public bool InterruptsAbandoned { get; init; }

    /// <summary>Whether it is remembered what the requests that workers have are for: somebody may ask.</summary>
    public bool KeepsNotes { get; init; }

    /// <summary>What the workers share; null for nothing.</summary>
    public SharedState? State { get; init; }

    /// <summary>What the workers have other processes do, and do for others; null for nothing.</summary>
    public JobAccess? Jobs { get; init; }

    /// <summary>Event loops of each worker.</summary>
    public int WorkerLoops { get; init; } = 1;

    /// <summary>Data links for each worker: one from each event loop of the front to each of the worker.</summary>
    public required int DataLinks { get; init; }

    /// <summary>Makes the channel of a data link from its connected socket and its index.</summary>
    public required Func<Socket, int, LinkChannel> DataChannel { get; init; }

    /// <summary>Requests that a worker may be given at the same time; 0 for no limit but its own.</summary>
    public int LimitConcurrency { get; init; }

    /// <summary>Whether it is found out how many requests a worker with an event loop is given at the same time.</summary>
    public bool AdaptsConcurrency { get; init; }

    /// <summary>The windows that WELCOME names.</summary>
    public required WelcomeWindows Windows { get; init; }

    /// <summary>Called before each start of a worker, also of one that is forked. Throws <see cref="WorkerStartException"/>.</summary>
    public Action Prepare { get; init; } = static () => { };

    /// <summary>How a process is started; asked before each start, with --preload that of the template. Throws <see cref="WorkerStartException"/>.</summary>
    public required Func<WorkerCommand> Command { get; init; }

    /// <summary>Whether the application is imported once and workers are forked from that.</summary>
    public bool Preload { get; init; }

    /// <summary>Whether a worker that does not start is left alone until its code has changed, also at the first start.</summary>
    public bool WaitsForChange { get; init; }

    /// <summary>Nothing is to be served: workers start to see whether they could.</summary>
    public bool ChecksOnly { get; init; }

    /// <summary>The boot document but for what differs from worker to worker.</summary>
    public required BootDocument Document { get; init; }

    /// <summary>How long responses that have no end of their own go on before they are told: a third of the time that requests have unless it is set.</summary>
    /// <param name="wanted">What the user wants, or null.</param>
    /// <param name="grace">The time that requests have.</param>
    public static TimeSpan StreamGraceOf(TimeSpan? wanted, TimeSpan grace) => wanted ?? grace / 3;
}
