namespace Hydra.Control;

/// <summary>How a server is: what GET /v1/status gives. docs/control.md explains the members. Times are seconds, sizes bytes.</summary>
internal sealed record StatusDocument
{
    /// <summary>The version of the server.</summary>
    public string Version { get; init; } = "";

    /// <summary>Its process.</summary>
    public int Pid { get; init; }

    /// <summary>starting, serving, draining or stopping.</summary>
    public string State { get; init; } = "";

    /// <summary>Why it wants no requests; null where it does.</summary>
    public string? NotReady { get; init; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Seconds since then.</summary>
    public double Uptime { get; init; }

    /// <summary>Where it serves.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Where it serves metrics.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>The least severe level that is logged.</summary>
    public string LogLevel { get; init; } = "";

    /// <summary>Connections of clients.</summary>
    public int Connections { get; init; }

    /// <summary>Bytes of memory of its own process.</summary>
    public long Rss { get; init; }

    /// <summary>What is counted of requests.</summary>
    public RequestsStatus Requests { get; init; } = new();

    /// <summary>The applications.</summary>
    public IReadOnlyList<PoolStatus> Pools { get; init; } = [];

    /// <summary>Requests by their routes, those that took most time in all first, as far as they are shown; empty where they are not counted.</summary>
    public IReadOnlyList<RouteStatus> Routes { get; init; } = [];

    /// <summary>What is done behind requests: pools that are called, functions that are deferred; empty where nothing is.</summary>
    public IReadOnlyList<TasksStatus> Tasks { get; init; } = [];

    /// <summary>Errors in the log since the start.</summary>
    public long ErrorCount { get; init; }

    /// <summary>The last of them, the oldest first.</summary>
    public IReadOnlyList<ErrorStatus> Errors { get; init; } = [];
}

/// <summary>Requests, in all and lately.</summary>
internal sealed record RequestsStatus
{
    /// <summary>Requests that are over.</summary>
    public long Total { get; init; }

    /// <summary>The same by class of status: 1xx to 5xx.</summary>
    public IReadOnlyDictionary<string, long> Status { get; init; } = new Dictionary<string, long>();

    /// <summary>Those without a complete answer of an application, by what has failed.</summary>
    public IReadOnlyDictionary<string, long> Failures { get; init; } = new Dictionary<string, long>();

    /// <summary>Seconds that what follows is about: the last ten, as far as there were so many.</summary>
    public double Window { get; init; }

    /// <summary>Requests a second.</summary>
    public double Rate { get; init; }

    /// <summary>Those with a status of 5xx, a second.</summary>
    public double FailedRate { get; init; }

    /// <summary>Seconds that half of them took at most, the wait for a worker included; null where there were none.</summary>
    public double? P50 { get; init; }

    /// <summary>The same of 90 %.</summary>
    public double? P90 { get; init; }

    /// <summary>The same of 99 %.</summary>
    public double? P99 { get; init; }
}

/// <summary>An application with its queue and its workers.</summary>
internal sealed record PoolStatus
{
    /// <summary>What it is called in logs and metrics: where it is mounted, or the application.</summary>
    public string Name { get; init; } = "";

    /// <summary>The application.</summary>
    public string App { get; init; } = "";

    /// <summary>The interface; empty before a worker was ready.</summary>
    public string Interface { get; init; } = "";

    /// <summary>Requests that wait for a worker.</summary>
    public QueueStatus Queue { get; init; } = new();

    /// <summary>How many workers there are to be, at least and at most.</summary>
    public WorkerCount Wanted { get; init; } = new(0, 0, 0);

    /// <summary>Reloads so far.</summary>
    public int Generation { get; init; }

    /// <summary>Whether one is under way.</summary>
    public bool Reloading { get; init; }

    /// <summary>Workers that were started.</summary>
    public long Starts { get; init; }

    /// <summary>Workers that have ended, by why.</summary>
    public IReadOnlyDictionary<string, long> Ends { get; init; } = new Dictionary<string, long>();

    /// <summary>The workers, by number; while one is replaced, both.</summary>
    public IReadOnlyList<WorkerStatus> Workers { get; init; } = [];
}

/// <summary>What is done behind requests: a pool that is called, or the functions that an application defers.</summary>
internal sealed record TasksStatus
{
    /// <summary>The pool, or "tasks".</summary>
    public string Name { get; init; } = "";

    /// <summary>Tasks that wait, also for their time.</summary>
    public int Queued { get; init; }

    /// <summary>Tasks that a process is at.</summary>
    public int Running { get; init; }

    /// <summary>Tasks that were done.</summary>
    public long Done { get; init; }

    /// <summary>Tasks that have failed for good.</summary>
    public long Failed { get; init; }

    /// <summary>How often a task was to be begun once more.</summary>
    public long Retried { get; init; }

    /// <summary>Tasks for which there was no room.</summary>
    public long Refused { get; init; }

    /// <summary>How often a process has ended that was at a task.</summary>
    public long Lost { get; init; }

    /// <summary>Functions that are called by the clock.</summary>
    public int Schedules { get; init; }

    /// <summary>Turns that were left out because the one before ran still.</summary>
    public long Skipped { get; init; }

    /// <summary>Its processes, by number; none before the first task.</summary>
    public IReadOnlyList<WorkerStatus> Workers { get; init; } = [];
}

/// <summary>How many workers there are to be.</summary>
/// <param name="Now">At present.</param>
/// <param name="Fewest">At least.</param>
/// <param name="Most">At most.</param>
internal sealed record WorkerCount(int Now, int Fewest, int Most);

/// <summary>The queue of an application.</summary>
internal sealed record QueueStatus
{
    /// <summary>Requests that wait.</summary>
    public int Length { get; init; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Seconds that the oldest has waited.</summary>
    public double OldestWait { get; init; }

    /// <summary>Requests that were refused because it was full.</summary>
    public long RefusedFull { get; init; }

    /// <summary>Requests that were refused because they had waited as long as they may.</summary>
    public long RefusedLate { get; init; }
}

/// <summary>A worker.</summary>
internal sealed record WorkerStatus
{
    /// <summary>Its number.</summary>
    public int Index { get; init; }

    /// <summary>Its process; null where the next start waits for its time.</summary>
    public int? Pid { get; init; }

    /// <summary>starting, ready, retiring, draining, ending; or waiting, for its next start.</summary>
    public string State { get; init; } = "";

    /// <summary>Why it goes, or is to be replaced; null where it is not.</summary>
    public string? Reason { get; init; }

    /// <summary>Seconds until its next start; null where it has a process.</summary>
    public double? StartsIn { get; init; }

    /// <summary>Seconds since its start.</summary>
    public double Age { get; init; }

    /// <summary>Seconds since it was ready; null before that.</summary>
    public double? ServedFor { get; init; }

    /// <summary>Requests that it has.</summary>
    public int InFlight { get; init; }

    /// <summary>Sessions that it has beside them.</summary>
    public int Sessions { get; init; }

    /// <summary>Requests that it was given so far.</summary>
    public long Requests { get; init; }

    /// <summary>Bytes of memory.</summary>
    public long Rss { get; init; }

    /// <summary>Processors that it uses: 1 is all of one; null where that is not known.</summary>
    public double? Cpu { get; init; }

    /// <summary>Seconds of processor time so far.</summary>
    public double CpuTime { get; init; }

    /// <summary>Seconds by which its event loop is late, at the last look.</summary>
    public double LoopLag { get; init; }

    /// <summary>Whether it does not answer.</summary>
    public bool Silent { get; init; }

    /// <summary>The requests and sessions that it has, the oldest first, as far as they are shown.</summary>
    public IReadOnlyList<ActiveStatus> Active { get; init; } = [];
}

/// <summary>A request that a worker has.</summary>
/// <param name="Request">What it is called in the logs.</param>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path as the client sent it, without the query.</param>
/// <param name="Age">Seconds since the worker got it.</param>
/// <param name="Phase">waiting, responding, session or cancelled.</param>
internal sealed record ActiveStatus(string Request, string Method, string Path, double Age, string Phase);

/// <summary>Requests of one route.</summary>
/// <param name="Pool">The name of their application.</param>
/// <param name="Method">Their method.</param>
/// <param name="Route">The route as the application has it: /items/{id}.</param>
/// <param name="Count">How many there were.</param>
/// <param name="Errors">Those with a status of 5xx.</param>
/// <param name="Mean">Seconds that the application took for one, on average.</param>
/// <param name="P50">Seconds that half of them took at most, as well as it can be told.</param>
/// <param name="P99">The same of 99 %.</param>
internal sealed record RouteStatus(string Pool, string Method, string Route, long Count, long Errors, double Mean, double P50, double P99);

/// <summary>An error of the log.</summary>
/// <param name="Time">When.</param>
/// <param name="Level">error or critical.</param>
/// <param name="Message">Its first line.</param>
internal sealed record ErrorStatus(DateTimeOffset Time, string Level, string Message);

/// <summary>What came of a command.</summary>
/// <param name="Message">A sentence.</param>
internal sealed record CommandAnswer(string Message);

/// <summary>Where a worker's Python code is.</summary>
/// <param name="Worker">Its number.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Text">Lines as Python shows tracebacks.</param>
internal sealed record StackAnswer(int Worker, int Pid, string Text);

/// <summary>Why something was not done.</summary>
/// <param name="Error">A sentence.</param>
internal sealed record ErrorAnswer(string Error);
