using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>The options of one application: what it is, what it runs in, and how its requests reach it.</summary>
internal sealed record ApplicationOptions
{
    /// <summary>The application: module:attribute. <see cref="CommandLine.Parse"/> gives no options where none is named.</summary>
    public string App { get; init; } = "";

    /// <summary>The words of the command, where <see cref="IsProgram"/>; else empty.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Whether a worker is a program of the user's, and no Python.</summary>
    public bool IsProgram => ApplicationNaming.IsOfPrograms(Interface);

    /// <summary>What its workers are called where processes are listed; empty for <see cref="App"/>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Which interface it speaks.</summary>
    public string Interface { get; init; } = "auto";

    /// <summary>The attribute is to be called to get the application.</summary>
    public bool Factory { get; init; }

    /// <summary>The directory to put first on sys.path; empty for the working directory.</summary>
    public string AppDir { get; init; } = "";

    /// <summary>Variables of the workers that count more than those of the environment; of one name the last counts.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Variables { get; init; } = [];

    /// <summary>A file with variables of the workers that count less than those of the environment, or null.</summary>
    public string? VariablesFile { get; init; }

    /// <summary>Which requests are for it.</summary>
    public MountPlace Place { get; init; } = MountPlace.Everywhere;

    /// <summary>What a part of it with workers of its own is called; empty for what is no part.</summary>
    public string Pool { get; init; } = "";

    /// <summary>Which of its requests are for that part; empty for all that no part takes.</summary>
    public IReadOnlyList<MountPlace> PoolPlaces { get; init; } = [];

    /// <summary>Which requests come here.</summary>
    public IReadOnlyList<MountPlace> Routes => Pool.Length > 0 ? PoolPlaces : [Place];

    /// <summary>The path below which a proxy shows it, in front of that of its <see cref="Place"/>: empty, or with a slash in front and none behind.</summary>
    public string RootPath { get; init; } = "";

    /// <summary>Whether the lifespan is run.</summary>
    public Lifespan Lifespan { get; init; }

    /// <summary>Which Python a worker is, and how that runs the application.</summary>
    public PythonOptions Python { get; init; } = new();

    /// <summary>How many workers there are.</summary>
    public WorkerOptions Workers { get; init; } = new();

    /// <summary>When a worker makes room for another.</summary>
    public ReplacementOptions Replacement { get; init; } = new();

    /// <summary>What is called for each worker that has ended, module:function; empty for nothing.</summary>
    public string OnWorkerExit { get; init; } = "";

    /// <summary>What is called at other turns of the server's life.</summary>
    public HookOptions Hooks { get; init; } = new();

    /// <summary>How requests wait for a worker.</summary>
    public QueueOptions Queue { get; init; } = new();

    /// <summary>Which of them go to the same worker.</summary>
    public AffinityOptions Affinity { get; init; } = new();

    /// <summary>What its workers share.</summary>
    public SharedStateOptions State { get; init; } = new();

    /// <summary>What is done behind its requests.</summary>
    public TaskOptions Tasks { get; init; } = new();

    /// <summary>How long a worker may take for them.</summary>
    public TimeoutOptions Timeouts { get; init; } = new();

    /// <summary>What is asked of its workers for metrics.</summary>
    public CollectedOptions Metrics { get; init; } = new();

    /// <summary>How much of a body is under way.</summary>
    public BodyOptions Bodies { get; init; } = new();
}

/// <summary>The Python that the workers run in.</summary>
internal sealed record PythonOptions
{
    /// <summary>The Python to use, as the user wrote it; null to search.</summary>
    public string? Path { get; init; }

    /// <summary>The event loop of the workers: one of <see cref="OptionNames.Loops"/>, or module:factory of one that makes it.</summary>
    public string Loop { get; init; } = "auto";

    /// <summary>Whether workers use their native part.</summary>
    public SpeedupsUse Speedups { get; init; }

    /// <summary>Threads in each worker of a synchronous application; null for as many as it has use for.</summary>
    public int? Threads { get; init; } = 1;

    /// <summary>Event loops in each worker of an application that has one: at least 1. More than one only where Python has no GIL, which the worker sees.</summary>
    public int WorkerLoops { get; init; } = 1;

    /// <summary>The agents that a worker sets up: of <see cref="OptionNames.Agents"/>, or module:function of what is put around the application.</summary>
    public IReadOnlyList<string> Instrument { get; init; } = [];

    /// <summary>The application is imported once, and workers are forked from that.</summary>
    public bool Preload { get; init; }
}

/// <summary>Functions of the user's, module:function, that are called in their order.</summary>
internal sealed record HookOptions
{
    /// <summary>Before the first worker starts, in a process of their own.</summary>
    public IReadOnlyList<string> OnStarting { get; init; } = [];

    /// <summary>Before the workers of a reload start, in a process of their own.</summary>
    public IReadOnlyList<string> OnReload { get; init; } = [];

    /// <summary>In each worker before it imports the application, or when it was forked.</summary>
    public IReadOnlyList<string> OnWorkerStart { get; init; } = [];

    /// <summary>In each worker before its first request.</summary>
    public IReadOnlyList<string> OnWorkerReady { get; init; } = [];

    /// <summary>The options of those that are there.</summary>
    public IEnumerable<string> Named()
    {
        (string Option, IReadOnlyList<string> Functions)[] all =
            [("--on-starting", OnStarting), ("--on-reload", OnReload), ("--on-worker-start", OnWorkerStart), ("--on-worker-ready", OnWorkerReady)];
        return all.Where(static pair => pair.Functions.Count > 0).Select(static pair => pair.Option);
    }
}

/// <summary>How many workers an application has.</summary>
internal sealed record WorkerOptions
{
    /// <summary>Worker processes; where there is a <see cref="Maximum"/>, the fewest.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The most workers, or null where their number is fixed.</summary>
    public int? Maximum { get; init; }

    /// <summary><see cref="Count"/> follows from the number of CPUs.</summary>
    public bool IsAuto { get; init; }

    /// <summary>Requests that wait longer call for another worker.</summary>
    public TimeSpan ScaleDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long no worker may be missed before one goes.</summary>
    public TimeSpan ScaleIdle { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>When workers are replaced, and what they get to finish.</summary>
internal sealed record ReplacementOptions
{
    /// <summary>Requests after which a worker is replaced; 0 for never.</summary>
    public int MaxRequests { get; init; }

    /// <summary>At most so many requests more, for each worker another number.</summary>
    public int MaxRequestsJitter { get; init; }

    /// <summary>Resident bytes beyond which a worker is replaced; 0 for never.</summary>
    public long MaxRss { get; init; }

    /// <summary>The age at which a worker is replaced; zero for never.</summary>
    public TimeSpan MaxLifetime { get; init; }

    /// <summary>Whether a worker and the one that takes its place run at the same time.</summary>
    public ReplaceMode Mode { get; init; }

    /// <summary>How long requests may go on in a worker that was replaced; null for <see cref="ServerOptions.GracefulTimeout"/>.</summary>
    public TimeSpan? DrainTimeout { get; init; }
}

/// <summary>The queue of an application's requests, and who gets them.</summary>
internal sealed record QueueOptions
{
    /// <summary>Whether a request that has waited gets the header X-Request-Start.</summary>
    public bool TellStart { get; init; }

    /// <summary>Requests that may wait for a worker.</summary>
    public int Size { get; init; } = 10_000;

    /// <summary>Bytes of the requests that may wait.</summary>
    public long Bytes { get; init; } = 256L << 20;

    /// <summary>How long a request may wait for a worker; zero for no bound.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests that a worker is given at the same time; 0 for no limit but its own.</summary>
    public int LimitConcurrency { get; init; }

    /// <summary>Whether that number is found out.</summary>
    public bool AdaptsConcurrency { get; init; }

    /// <summary>Which requests are sent to another worker when theirs dies.</summary>
    public RetryMode Retry { get; init; }

    /// <summary>How urgent requests are; the others are as any.</summary>
    public IReadOnlyList<PriorityRule> Priorities { get; init; } = [];

    /// <summary>What tells clients apart that take turns; null where they take none.</summary>
    public AffinitySource? FairBy { get; init; }
}

/// <summary>Requests that go to the same worker.</summary>
internal sealed record AffinityOptions
{
    /// <summary>Where their key is; null where they are not kept together.</summary>
    public AffinitySource? Source { get; init; }

    /// <summary>How long one waits for its own worker before it goes to another; zero for not at all.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether the server makes the cookie that has the key.</summary>
    public bool MakesCookie { get; init; }

    /// <summary>What signs that; null for something at random.</summary>
    public string? Secret { get; init; }

    /// <summary>Whether an application of the server learns keys: what clients send in the place of one is then left out here, too.</summary>
    public bool HidesField { get; init; }
}

/// <summary>What the workers of an application share.</summary>
internal sealed record SharedStateOptions
{
    /// <summary>The Redis or Valkey that has it; null where the server itself has.</summary>
    public RedisUrl? Redis { get; init; }

    /// <summary>Bytes that it may take; 0 for no shared state.</summary>
    public long Memory { get; init; } = 64L << 20;

    /// <summary>Whether values go that were used least lately, where there is no room for others.</summary>
    public bool Evicts { get; init; }

    /// <summary>Bytes that topics, subscriptions and what waits for them may take; 0 for no publishing.</summary>
    public long TopicMemory { get; init; } = 64L << 20;

    /// <summary>Bytes that connections may take which outlive their workers; 0: there are none.</summary>
    public long ResumeMemory { get; init; } = 64L << 20;
}

/// <summary>Functions that are deferred, or called by the clock.</summary>
internal sealed record TaskOptions
{
    /// <summary>Processes that run them, once there are any.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>How many each of them runs at a time.</summary>
    public int Threads { get; init; } = 4;

    /// <summary>How long one may run; zero for ever.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many may wait.</summary>
    public int QueueSize { get; init; } = 10_000;

    /// <summary>Their bytes.</summary>
    public long QueueBytes { get; init; } = 64L << 20;
}

/// <summary>Requests and workers that hang.</summary>
internal sealed record TimeoutOptions
{
    /// <summary>How long a worker may take until a response begins; zero for ever.</summary>
    public TimeSpan Request { get; init; }

    /// <summary>How long a worker may take until it is logged where a request is whose response has not begun; zero for ever.</summary>
    public TimeSpan Slow { get; init; }

    /// <summary>How long a worker may be silent, or go on with a request that was interrupted; zero for ever.</summary>
    public TimeSpan Worker { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a worker may take from its start until it is ready; zero for ever.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>What an ASGI request has after its client has left, where nothing else is said; gunicorn's.</summary>
    public static readonly TimeSpan UsualDisconnectGrace = TimeSpan.FromSeconds(3);

    /// <summary>A request is stopped when its client leaves: a WSGI request at once, an ASGI request after <see cref="DisconnectGrace"/>.</summary>
    public bool CancelOnDisconnect { get; init; }

    /// <summary>What an ASGI request has to come to its end by itself, up to a day.</summary>
    public TimeSpan DisconnectGrace { get; init; } = UsualDisconnectGrace;
}

/// <summary>What workers are asked for where metrics are served.</summary>
internal sealed record CollectedOptions
{
    /// <summary>What the application counts with prometheus_client.</summary>
    public bool Application { get; init; } = true;

    /// <summary>Requests by their routes.</summary>
    public bool Routes { get; init; }

    /// <summary>Whether they are asked at all.</summary>
    public bool AreCollected => Application || Routes;
}

/// <summary>The bodies of an application's requests and responses.</summary>
internal sealed record BodyOptions
{
    /// <summary>Bodies of up to this many bytes are read before a worker gets their request; 0 for none.</summary>
    public long Buffer { get; init; } = 1024 * 1024;

    /// <summary>Bytes that a worker may send of a response ahead of its client.</summary>
    public long BufferResponse { get; init; } = 1024 * 1024;

    /// <summary>Bytes of the largest body that is accepted; 0 for any.</summary>
    public long Limit { get; init; }
}
