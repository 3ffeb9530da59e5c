namespace Hydra.Configuration;

/// <summary>The parts that the options are divided into by concern.</summary>
internal static class Section
{
    /// <summary>What the server has beside the other parts.</summary>
    public static OptionSection<ServerOptions> Server { get; } = OfServer(static s => s, static (_, part) => part);

    /// <summary><see cref="ServerOptions.Addresses"/>.</summary>
    public static OptionSection<AddressOptions> Addresses { get; } = OfServer(static s => s.Addresses, static (s, part) => s with { Addresses = part });

    /// <summary><see cref="ServerOptions.Clients"/>.</summary>
    public static OptionSection<ClientOptions> Clients { get; } = OfServer(static s => s.Clients, static (s, part) => s with { Clients = part });

    /// <summary><see cref="ServerOptions.Tls"/>.</summary>
    public static OptionSection<TlsOptions> Tls { get; } = OfServer(static s => s.Tls, static (s, part) => s with { Tls = part });

    /// <summary><see cref="ServerOptions.Http2"/>.</summary>
    public static OptionSection<Http2Options> Http2 { get; } = OfServer(static s => s.Http2, static (s, part) => s with { Http2 = part });

    /// <summary><see cref="ServerOptions.Limits"/>.</summary>
    public static OptionSection<LimitOptions> Limits { get; } = OfServer(static s => s.Limits, static (s, part) => s with { Limits = part });

    /// <summary><see cref="ServerOptions.Proxies"/>.</summary>
    public static OptionSection<ProxyOptions> Proxies { get; } = OfServer(static s => s.Proxies, static (s, part) => s with { Proxies = part });

    /// <summary><see cref="ServerOptions.Answers"/>.</summary>
    public static OptionSection<AnswerOptions> Answers { get; } = OfServer(static s => s.Answers, static (s, part) => s with { Answers = part });

    /// <summary><see cref="ServerOptions.WebSockets"/>.</summary>
    public static OptionSection<WebSocketSection> WebSockets { get; }
        = OfServer(static s => s.WebSockets, static (s, part) => s with { WebSockets = part });

    /// <summary><see cref="ServerOptions.Compression"/>.</summary>
    public static OptionSection<CompressionOptions> Compression { get; }
        = OfServer(static s => s.Compression, static (s, part) => s with { Compression = part });

    /// <summary><see cref="ServerOptions.Cache"/>.</summary>
    public static OptionSection<CacheOptions> Cache { get; } = OfServer(static s => s.Cache, static (s, part) => s with { Cache = part });

    /// <summary><see cref="ServerOptions.Buffers"/>.</summary>
    public static OptionSection<BufferOptions> Buffers { get; } = OfServer(static s => s.Buffers, static (s, part) => s with { Buffers = part });

    /// <summary><see cref="ServerOptions.Static"/>.</summary>
    public static OptionSection<StaticOptions> Static { get; } = OfServer(static s => s.Static, static (s, part) => s with { Static = part });

    /// <summary><see cref="ServerOptions.Development"/>.</summary>
    public static OptionSection<DevelopmentOptions> Development { get; } = OfServer(static s => s.Development, static (s, part) => s with { Development = part });

    /// <summary><see cref="ServerOptions.Logs"/>.</summary>
    public static OptionSection<LogOptions> Logs { get; } = OfServer(static s => s.Logs, static (s, part) => s with { Logs = part });

    /// <summary><see cref="ServerOptions.Record"/>.</summary>
    public static OptionSection<RecordOptions> Record { get; } = OfServer(static s => s.Record, static (s, part) => s with { Record = part });

    /// <summary><see cref="ServerOptions.Trace"/>.</summary>
    public static OptionSection<TraceOptions> Trace { get; } = OfServer(static s => s.Trace, static (s, part) => s with { Trace = part });

    /// <summary><see cref="ServerOptions.Tuning"/>.</summary>
    public static OptionSection<TuningOptions> Tuning { get; } = OfServer(static s => s.Tuning, static (s, part) => s with { Tuning = part });

    /// <summary>What an application has beside the other parts.</summary>
    public static OptionSection<ApplicationOptions> Application { get; } = OfApplication(static a => a, static (_, part) => part);

    /// <summary><see cref="ApplicationOptions.Python"/>.</summary>
    public static OptionSection<PythonOptions> Python { get; } = OfApplication(static a => a.Python, static (a, part) => a with { Python = part });

    /// <summary><see cref="ApplicationOptions.Metrics"/>.</summary>
    public static OptionSection<CollectedOptions> Collected { get; } = OfApplication(static a => a.Metrics, static (a, part) => a with { Metrics = part });

    /// <summary><see cref="ApplicationOptions.Workers"/>.</summary>
    public static OptionSection<WorkerOptions> Workers { get; } = OfApplication(static a => a.Workers, static (a, part) => a with { Workers = part });

    /// <summary><see cref="ApplicationOptions.Replacement"/>.</summary>
    public static OptionSection<ReplacementOptions> Replacement { get; }
        = OfApplication(static a => a.Replacement, static (a, part) => a with { Replacement = part });

    /// <summary><see cref="ApplicationOptions.Queue"/>.</summary>
    public static OptionSection<QueueOptions> Queue { get; } = OfApplication(static a => a.Queue, static (a, part) => a with { Queue = part });

    /// <summary><see cref="ApplicationOptions.Affinity"/>.</summary>
    public static OptionSection<AffinityOptions> Affinity { get; }
        = OfApplication(static a => a.Affinity, static (a, part) => a with { Affinity = part });

    /// <summary><see cref="ApplicationOptions.State"/>.</summary>
    public static OptionSection<SharedStateOptions> State { get; } = OfApplication(static a => a.State, static (a, part) => a with { State = part });

    /// <summary><see cref="ApplicationOptions.Tasks"/>.</summary>
    public static OptionSection<TaskOptions> Tasks { get; } = OfApplication(static a => a.Tasks, static (a, part) => a with { Tasks = part });

    /// <summary><see cref="ApplicationOptions.Timeouts"/>.</summary>
    public static OptionSection<TimeoutOptions> Timeouts { get; }
        = OfApplication(static a => a.Timeouts, static (a, part) => a with { Timeouts = part });

    /// <summary><see cref="ApplicationOptions.Bodies"/>.</summary>
    public static OptionSection<BodyOptions> Bodies { get; } = OfApplication(static a => a.Bodies, static (a, part) => a with { Bodies = part });

    private static OptionSection<T> OfServer<T>(Func<ServerOptions, T> get, Func<ServerOptions, T, ServerOptions> set)
        => new(read => OptionBinder.OfServer((draft, value) =>
        {
            string? problem = read(value.Text, get(draft.Options), out T after);
            draft.Options = set(draft.Options, after);
            return problem;
        }));

    private static OptionSection<T> OfApplication<T>(Func<ApplicationOptions, T> get, Func<ApplicationOptions, T, ApplicationOptions> set)
        => new(read => OptionBinder.OfApplication((draft, value) =>
        {
            string? problem = read(value.Text, get(draft.Options), out T after);
            draft.Options = set(draft.Options, after);
            return problem;
        }));
}
