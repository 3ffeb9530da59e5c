namespace Hydra.Configuration;

/// <summary>The one table of options: --help, docs/options.md and the binder are made from it.</summary>
internal static partial class OptionTable
{
    /// <summary>All options, in the order of the help.</summary>
    public static IReadOnlyList<Option> All { get; } =
    [
        new()
        {
            Name = "app", Placeholder = "MODULE:ATTR", Group = OptionGroup.Application,
            Help = "The application: a module and an attribute in it. Also taken without the name of the option.",
            Bind = BindApp,
        },
        new()
        {
            Name = "interface", Aliases = ["adapter"], Placeholder = OptionNames.Join(OptionNames.Interfaces), Default = "auto",
            Group = OptionGroup.Application,
            Help = "What the application speaks. With auto the worker finds out when it has loaded the application.",
            Bind = BindInterface,
        },
        new()
        {
            Name = "factory", Default = "false", Group = OptionGroup.Application,
            Help = "The attribute is a function without arguments that returns the application. The same as MODULE:ATTR().",
            Bind = Switch(static (o, v) => o with { Factory = v || o.Factory }),
        },
        new()
        {
            Name = "app-dir", Placeholder = "DIR", Default = "(the working directory)", Group = OptionGroup.Application,
            Help = "Look for the application here: the directory is put first on sys.path.",
            Bind = Text(static (o, v) => o with { AppDir = v }),
        },
        new()
        {
            Name = "chdir", Aliases = ["working-dir"], Placeholder = "DIR", Default = "(where hydra is started)",
            Group = OptionGroup.Application,
            Help = "Change to this directory before anything else.",
            Bind = Text(static (o, v) => o with { WorkingDirectory = v }),
        },
        new()
        {
            Name = "root-path", Placeholder = "PATH", Default = "", Group = OptionGroup.Application,
            Help = "The path below which a proxy shows the application: root_path, SCRIPT_NAME.",
            Bind = BindRootPath,
        },
        new()
        {
            Name = "lifespan", Placeholder = OptionNames.Join(OptionNames.Lifespans), Default = "auto", Group = OptionGroup.Application,
            Help = "Run the ASGI lifespan. With on, an application without one does not start.",
            Bind = Choice(OptionNames.Lifespans, static (o, v) => o with { Lifespan = v }),
        },
        new()
        {
            Name = "host", Placeholder = "HOST", Default = "127.0.0.1", Group = OptionGroup.Address,
            Help = "Listen at this host name or IP address; HOST:PORT is accepted too.",
            Bind = Address(static (a, v) => a.Host = v),
        },
        new()
        {
            Name = "port", Placeholder = "PORT", Default = "8000", SharedVariables = ["PORT"], Group = OptionGroup.Address,
            Help = "Listen at this port; 0 takes a free one. With the variable PORT the default of --host is 0.0.0.0.",
            Bind = Address(static (a, v) => a.Port = v),
        },
        new()
        {
            Name = "bind", Short = 'b', Placeholder = "ADDRESS", Repeatable = true, Group = OptionGroup.Address,
            Help = "Listen at HOST:PORT, [::1]:PORT, :PORT (every interface), PORT (this machine only), unix:/path or fd://N. May be repeated; "
                + "takes the place of --host, --port, --uds and --fd.",
            Bind = Address(static (a, v) => a.Binds.Add(v)),
        },
        new()
        {
            Name = "uds", Placeholder = "PATH", Group = OptionGroup.Address,
            Help = "Listen at a Unix socket.",
            Bind = Address(static (a, v) => a.UnixPath = v),
        },
        new()
        {
            Name = "fd", Placeholder = "N", Group = OptionGroup.Address,
            Help = "Listen on the socket that is open as this descriptor when hydra starts. Sockets from systemd need no option.",
            Bind = Address(static (a, v) => a.Descriptor = v),
        },
        new()
        {
            Name = "backlog", Placeholder = "N", Default = "2048", Group = OptionGroup.Address,
            Help = "Connections that the system keeps waiting for the server.",
            Bind = Integer(1, 1_000_000, static (o, v) => o with { Backlog = v }),
        },
        new()
        {
            Name = "pid", Aliases = ["pidfile"], Placeholder = "PATH", Group = OptionGroup.Address,
            Help = "Write the process id of the server to this file when it listens. An upgrade (SIGUSR2) writes the new one.",
            Bind = Text(static (o, v) => o with { PidFile = v }),
        },
        new()
        {
            Name = "workers", Short = 'w', Placeholder = "N|auto|MIN:MAX", Default = "1", SharedVariables = ["WEB_CONCURRENCY"],
            Group = OptionGroup.Workers,
            Help = "Worker processes. With auto one for each CPU that the process may use, by affinity and container limit. With MIN:MAX "
                + "as many as are needed: one more when requests wait longer than --scale-delay, one less after --scale-idle.",
            Bind = BindWorkers,
        },
        new()
        {
            Name = "threads", Aliases = ["blocking-threads"], Placeholder = "N", Default = "1", Group = OptionGroup.Workers,
            Help = "Threads in each worker for a WSGI application.",
            Bind = Integer(1, 10_000, static (o, v) => o with { Threads = v }),
        },
        new()
        {
            Name = "preload", Default = "false", Group = OptionGroup.Workers,
            Help = "Import the application once and fork the workers from that process: they start at once and share its memory. Not on "
                + "Windows.",
            Bind = Switch(static (o, v) => o with { Preload = v }),
        },
        new()
        {
            Name = "python", Placeholder = "PATH", Group = OptionGroup.Workers,
            Help = "The Python to run workers with: a path, or a name to look up on PATH. Without it: $VIRTUAL_ENV, a .venv beside the "
                + "application, then python3 and python on PATH.",
            Bind = Text(static (o, v) => o with { Python = v }),
        },
        new()
        {
            Name = "loop", Placeholder = OptionNames.Join(OptionNames.Loops), Default = "auto", Group = OptionGroup.Workers,
            Help = "The event loop of the workers. With auto uvloop where it is installed.",
            Bind = Choice(OptionNames.Loops, static (o, v) => o with { Loop = v }),
        },
        .. Queue,
        new()
        {
            Name = "max-requests", Aliases = ["limit-max-requests"], Placeholder = "N", Default = "0", Group = OptionGroup.Workers,
            Help = "Replace a worker after so many requests; 0 means never. It serves until its replacement is ready.",
            Bind = Integer(0, int.MaxValue, static (o, v) => o with { MaxRequests = v }),
        },
        new()
        {
            Name = "max-requests-jitter", Aliases = ["limit-max-requests-jitter"], Placeholder = "N", Default = "0",
            Group = OptionGroup.Workers,
            Help = "Up to so many requests more, a number of its own for each worker.",
            Bind = Integer(0, int.MaxValue, static (o, v) => o with { MaxRequestsJitter = v }),
        },
        new()
        {
            Name = "worker-max-rss", Placeholder = "SIZE", Default = "0", Group = OptionGroup.Workers,
            Help = "Replace a worker whose resident memory is larger, such as 512m; 0 means never.",
            Bind = Size(0, 1L << 50, static (o, v) => o with { WorkerMaxRss = v }),
        },
        new()
        {
            Name = "worker-max-lifetime", Aliases = ["workers-lifetime"], Placeholder = "TIME", Default = "0", Group = OptionGroup.Workers,
            Help = "Replace a worker at this age, or up to a tenth sooner, so that not all go at once; 0 means never.",
            Bind = Duration(TimeSpan.Zero, TimeSpan.FromDays(366), static (o, v) => o with { WorkerMaxLifetime = v }),
        },
        new()
        {
            Name = "scale-delay", Placeholder = "TIME", Default = "20ms", Group = OptionGroup.Workers,
            Help = "With --workers MIN:MAX: start another worker when requests keep waiting longer than this.",
            Bind = Duration(TimeSpan.FromMilliseconds(1), static (o, v) => o with { ScaleDelay = v }),
        },
        new()
        {
            Name = "scale-idle", Placeholder = "TIME", Default = "30s", Group = OptionGroup.Workers,
            Help = "With --workers MIN:MAX: stop a worker when one less was enough for this long.",
            Bind = Duration(TimeSpan.FromSeconds(1), static (o, v) => o with { ScaleIdle = v }),
        },
        new()
        {
            Name = "graceful-timeout", Aliases = ["timeout-graceful-shutdown"], Placeholder = "TIME", Default = "30s",
            Group = OptionGroup.Timeouts,
            Help = "How long requests may go on after the server was told to stop.",
            Bind = Duration(TimeSpan.Zero, static (o, v) => o with { GracefulTimeout = v }),
        },
        new()
        {
            Name = "drain-timeout", Placeholder = "TIME", Default = "(as --graceful-timeout)", Group = OptionGroup.Timeouts,
            Help = "How long requests may go on in a worker that was replaced, by a reload for instance, or is not needed any more.",
            Bind = Duration(TimeSpan.Zero, static (o, v) => o with { DrainTimeout = v }),
        },
        .. Hanging,
        new()
        {
            Name = "keep-alive", Aliases = ["timeout-keep-alive"], Placeholder = "TIME", Default = "75s", Group = OptionGroup.Timeouts,
            Help = "How long an idle connection is kept open.",
            Bind = Duration(TimeSpan.FromMilliseconds(1), static (o, v) => o with { KeepAlive = v }),
        },
        .. Bodies,
        new()
        {
            Name = "log-level", Placeholder = OptionNames.Join(OptionNames.LogLevels), Default = "info", Group = OptionGroup.Logging,
            Help = "The least severe records to log.",
            Bind = Choice(OptionNames.LogLevels, static (o, v) => o with { LogLevel = v }),
        },
        new()
        {
            Name = "access-log", Default = "false", Group = OptionGroup.Logging,
            Help = "Write a line to standard output for each request.",
            Bind = Switch(static (o, v) => o with { AccessLog = v }),
        },
        new()
        {
            Name = "metrics", Placeholder = "ADDRESS", Group = OptionGroup.Logging,
            Help = "Serve metrics for Prometheus at this address, written as for --bind, and the path /metrics: requests, how long they took "
                + "and waited, the queue, the workers. Not for the public.",
            Bind = BindMetrics,
        },
        new()
        {
            Name = "use-colors", Default = "(on a terminal)", SharedVariables = ["NO_COLOR"], Group = OptionGroup.Logging,
            Help = "Colour the log. NO_COLOR with any value turns colours off.",
            Bind = BindColors,
        },
        new()
        {
            Name = "transport", Placeholder = OptionNames.Join(OptionNames.Transports), Default = "auto", Group = OptionGroup.Tuning,
            Help = "How clients' sockets are served: by Hydra's own event loops (Linux) or by the sockets of .NET.",
            Bind = Choice(OptionNames.Transports, static (o, v) => o with { Transport = v }),
        },
        new()
        {
            Name = "loops", Placeholder = "N|auto", Default = "auto", Group = OptionGroup.Tuning,
            Help = "Event loops of the server itself.",
            Bind = IntegerOrAuto(MaximumLoops, static (d, v) => d.Options with { Loops = v }),
        },
        new()
        {
            Name = "io-uring", Placeholder = OptionNames.Join(OptionNames.IoUringUses), Default = "auto", Group = OptionGroup.Tuning,
            Help = "Let the event loops receive from, and send to, several clients in one system call, where the kernel has io_uring and "
                + "allows it (most containers do not).",
            Bind = Choice(OptionNames.IoUringUses, static (o, v) => o with { IoUring = v }),
        },
        new()
        {
            Name = "worker-transport", Placeholder = OptionNames.Join(OptionNames.WorkerTransports), Default = "(uds; tcp on Windows)",
            Group = OptionGroup.Tuning,
            Help = "What connects the server and its workers: Unix sockets or TCP on 127.0.0.1.",
            Bind = BindWorkerTransport,
        },
        new()
        {
            Name = "version", Short = 'V', IsCommand = true, Group = OptionGroup.Information,
            Help = "Print the version and exit.", Bind = static (_, _) => null,
        },
        new()
        {
            Name = "help", Short = 'h', IsCommand = true, Group = OptionGroup.Information,
            Help = "Print this help and exit.", Bind = static (_, _) => null,
        },
    ];

    /// <summary>The most workers: HELLO carries a worker's index in 16 bits; this is far above what makes sense.</summary>
    public const int MaximumWorkers = 1024;

    // HELLO carries the link's index in 8 bits.
    private const int MaximumLoops = 128;

    private static readonly Dictionary<string, Option> ByName = All
        .SelectMany(static option => option.Names.Select(name => (name, option)))
        .ToDictionary(static pair => pair.name, static pair => pair.option, StringComparer.Ordinal);

    /// <summary>The option with this long name, or null.</summary>
    public static Option? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The option with this one-letter name, or null.</summary>
    public static Option? Find(char letter) => All.FirstOrDefault(option => option.Short == letter);

    /// <summary>The option with this long name, which exists.</summary>
    public static Option Get(string name) => ByName[name];
}
