using System.Security.Cryptography;
using System.Text;
using Hydra.Configuration;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Topics;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>What the options say about an application's workers and its queue, for those who carry it out.</summary>
internal static class PoolRules
{
    // What signs cookies where nobody has said what: the same for all applications, which may have a cookie in common.
    private static readonly byte[] RandomSecret = RandomNumberGenerator.GetBytes(32);

    /// <summary>The bounds of the queue, and its order.</summary>
    public static DispatchOptions Queue(ApplicationOptions application)
    {
        QueueOptions options = application.Queue;
        return new()
        {
            QueueSize = options.Size,
            QueueBytes = options.Bytes,
            QueueTimeout = options.Timeout,
            AffinityWait = application.Affinity.Source is null ? null : application.Affinity.Wait,
            HasLanes = options.Priorities.Count > 0 || options.FairBy is not null,
        };
    }

    /// <summary>Finds the keys of requests; null where they have none.</summary>
    public static AffinityKeys? Keys(AffinityOptions options)
        => options.Source is { } source
            ? new AffinityKeys(source, options.MakesCookie ? new AffinityCookie(source.Name, options.Secret is { } secret ? Encoding.UTF8.GetBytes(secret) : RandomSecret) : null)
            : options.HidesField ? AffinityKeys.None : null;

    /// <summary>Says when requests are sent that wait; null where that is the order in which they came.</summary>
    public static RequestRanks? Ranks(ApplicationOptions application)
    {
        QueueOptions options = application.Queue;
        return options.Priorities.Count == 0 && options.FairBy is null ? null
            : new RequestRanks(options.Priorities, options.FairBy is { } source ? new AffinityKeys(source) : null, application.RootPath);
    }

    /// <summary>Everything that the supervisor needs, but for how a worker is started.</summary>
    /// <param name="server">The server's options.</param>
    /// <param name="application">The application's.</param>
    /// <param name="loops">The event loops that data links are served by.</param>
    /// <param name="command">How a process is started.</param>
    /// <param name="prepare">Called before each start.</param>
    /// <param name="state">What the workers share; null for nothing.</param>
    public static SupervisorOptions Supervisor(
        ServerOptions server, ApplicationOptions application, FrontLoops loops, Func<WorkerCommand> command, Action prepare, SharedState? state = null)
    {
        ForwarderOptions windows = BodyRules.Forwarder(server, application);
        TimeSpan drain = application.Replacement.DrainTimeout ?? server.GracefulTimeout;
        int workerLoops = WorkerLoops(application);

        // Who writes the code may stand at a prompt in the middle of a request, or of the import, for as long as he likes.
        bool waitsForPrompt = server.Development.IsOn && AsksAtTerminal(server, application);
        TimeSpan Bound(TimeSpan time) => waitsForPrompt ? TimeSpan.Zero : time;
        return new SupervisorOptions
        {
            Scale = Scale(application.Workers),
            MostWorkers = OptionTable.MaximumWorkers,
            Recycle = Recycle(application.Replacement),
            // With one import for all the old one has what is exclusive as long as any of its workers: nothing is gained by ending one of them.
            Replace = application.Python.Preload && application.Replacement.Mode is ReplaceMode.Auto ? ReplaceMode.Overlap : application.Replacement.Mode,
            DrainTimeout = drain,
            StreamGrace = SupervisorOptions.StreamGraceOf(server.StreamGrace, drain),
            StartTimeout = Bound(application.Timeouts.Start),
            State = state,
            WorkerLoops = workerLoops,
            DataLinks = loops.Count * workerLoops,
            DataChannel = workerLoops == 1 ? loops.Channel : (socket, index) => loops.Channel(socket, index / workerLoops),
            LimitConcurrency = application.Queue.LimitConcurrency,
            AdaptsConcurrency = application.Queue.AdaptsConcurrency,
            Windows = new WelcomeWindows(windows.RequestWindow, windows.ResponseWindow),
            Prepare = prepare,
            Command = command,
            Document = Document(server, application, loops.Count * workerLoops),
            Preload = application.Python.Preload,
            ChecksOnly = server.ChecksOnly,
            WaitsForChange = server.Development.IsOn && !server.ChecksOnly,
            Watchdog = new WatchdogOptions { RequestTimeout = Bound(application.Timeouts.Request), WorkerTimeout = Bound(application.Timeouts.Worker), SlowRequest = application.Timeouts.Slow },
            KeepsNotes = server.ControlSocket is not null || server.Addresses.Dashboard is not null || application.Timeouts.Slow > TimeSpan.Zero,
            InterruptsAbandoned = application.Timeouts.CancelOnDisconnect,
        };
    }

    /// <summary>Between which bounds the number of workers may move.</summary>
    public static ScaleOptions Scale(WorkerOptions options) => new()
    {
        Minimum = options.Count,
        Maximum = options.Maximum ?? options.Count,
        Delay = options.ScaleDelay,
        Idle = options.ScaleIdle,
    };

    /// <summary>When a worker is too old: what is 0 as an option is no limit.</summary>
    public static RecycleOptions Recycle(ReplacementOptions options) => new()
    {
        MaxRequests = options.MaxRequests > 0 ? options.MaxRequests : null,
        RequestsJitter = options.MaxRequestsJitter,
        MaxResident = options.MaxRss > 0 ? options.MaxRss : null,
        MaxLifetime = options.MaxLifetime > TimeSpan.Zero ? options.MaxLifetime : null,
    };

    /// <summary>
    /// Whether the worker has the terminal that the server was started on, for breakpoint() and input(): it is the only one, so nobody has
    /// to be told from others, and nobody else reads there.
    /// </summary>
    public static bool AsksAtTerminal(ServerOptions server, ApplicationOptions application)
        => server.Logs.WorkerOutput is WorkerOutput.Auto or WorkerOutput.Raw && !(server.Logs.WorkerOutput is WorkerOutput.Auto && server.Logs.IsJson)
            && application.Workers.Count == 1 && (application.Workers.Maximum ?? 1) == 1
            && !application.Python.Preload && !application.IsProgram
            && Terminal.CanAsk();

    /// <summary>What each worker is told, but for what differs from one to the next.</summary>
    public static BootDocument Document(ServerOptions server, ApplicationOptions application, int dataLinks) => new()
    {
        Address = "",
        Token = "",
        Worker = 0,
        App = application.IsProgram ? OddBytes.Join(application.Command.Select(OddPath.Encode)) : application.App,
        Factory = application.Factory,
        AppDir = application.AppDir,
        Interface = application.Interface,
        Loop = application.Python.Loop,
        Speedups = OptionNames.NameOf(OptionNames.SpeedupsUses, application.Python.Speedups),
        Lifespan = OptionNames.NameOf(OptionNames.Lifespans, application.Lifespan),
        Threads = application.Python.Threads ?? 0,
        WorkerLoops = WorkerLoops(application),
        DataLinks = dataLinks,
        BusyPollMicroseconds = server.Tuning.BusyPoll,
        LogLevel = OptionNames.NameOf(OptionNames.LogLevels, server.Logs.Level),
        GraceMilliseconds = (int)Math.Min(server.GracefulTimeout.TotalMilliseconds, int.MaxValue),
        Interruptible = application.Timeouts.Request > TimeSpan.Zero || application.Timeouts.Slow > TimeSpan.Zero || application.Timeouts.CancelOnDisconnect,
        DisconnectMilliseconds = application.Timeouts.CancelOnDisconnect
            ? Math.Max(1, (int)application.Timeouts.DisconnectGrace.TotalMilliseconds)
            : 0,
        LogConfig = server.Logs.PythonConfig is { } config ? OddBytes.Join([OddPath.Encode(config)]) : "",
        CollectApplication = server.Addresses.Metrics is not null && application.Metrics.Application,
        CollectRoutes = application.Metrics.Routes && (server.Addresses.Metrics is not null || server.ControlSocket is not null),
        RequestStart = application.Queue.TellStart,
        RequestIdHeader = server.Logs.RequestIdHeader?.ToLowerInvariant() ?? "",
        ExitHook = application.OnWorkerExit,
        Development = server.Development.IsOn,
        Instrument = string.Join(' ', application.Python.Instrument),
        StartHooks = string.Join(' ', application.Hooks.OnWorkerStart),
        ReadyHooks = string.Join(' ', application.Hooks.OnWorkerReady),
        StartingHooks = string.Join(' ', application.Hooks.OnStarting),
        ReloadHooks = string.Join(' ', application.Hooks.OnReload),
        Terminal = AsksAtTerminal(server, application),
        Name = application.Name.Length > 0 ? application.Name : application.App,
        Version = Cli.VersionText.Number,
    };

    // A program has as many as it likes, and says nothing of them.
    private static int WorkerLoops(ApplicationOptions application) => application.IsProgram ? 1 : application.Python.WorkerLoops;
}
