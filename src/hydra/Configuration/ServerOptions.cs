using System.Net.Security;
using System.Security.Authentication;
using Hydra.Coding;
using Hydra.Diagnostics;
using Hydra.Primitives;
using Hydra.Tls;
using Microsoft.Extensions.Logging;

namespace Hydra.Configuration;

/// <summary>The options of the server itself: what there is once in the process, or is shared by all applications.</summary>
internal sealed record ServerOptions
{
    /// <summary>Where to listen, for clients and for who collects metrics.</summary>
    public AddressOptions Addresses { get; init; } = new();

    /// <summary>How slow clients may be.</summary>
    public ClientOptions Clients { get; init; } = new();

    /// <summary>Whether and how TLS is spoken.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>The versions of HTTP, and what one of HTTP/2 may do.</summary>
    public Http2Options Http2 { get; init; } = new();

    /// <summary>How many connections and requests clients may have.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>What is believed of proxies.</summary>
    public ProxyOptions Proxies { get; init; } = new();

    /// <summary>Which hosts are served, and what answers have in common.</summary>
    public AnswerOptions Answers { get; init; } = new();

    /// <summary>What holds for WebSockets.</summary>
    public WebSocketSection WebSockets { get; init; } = new();

    /// <summary>Which responses are compressed, and how.</summary>
    public CompressionOptions Compression { get; init; } = new();

    /// <summary>Which responses are kept.</summary>
    public CacheOptions Cache { get; init; } = new();

    /// <summary>Where bodies are kept that wait for somebody slower.</summary>
    public BufferOptions Buffers { get; init; } = new();

    /// <summary>Files that are served without an application.</summary>
    public StaticOptions Static { get; init; } = new();

    /// <summary>Classes that are called in processes of their own.</summary>
    public IReadOnlyList<ApplicationOptions> TaskPools { get; init; } = [];

    /// <summary>What is logged, and how.</summary>
    public LogOptions Logs { get; init; } = new();

    /// <summary>Who else is told how the server is.</summary>
    public StatsdOptions Statsd { get; init; } = new();

    /// <summary>Requests that are kept.</summary>
    public RecordOptions Record { get; init; } = new();

    /// <summary>Traces of requests.</summary>
    public TraceOptions Trace { get; init; } = new();

    /// <summary>The page on which the server shows itself.</summary>
    public DashboardOptions Dashboard { get; init; } = new();

    /// <summary>How bytes travel between clients, server and workers.</summary>
    public TuningOptions Tuning { get; init; } = new();

    /// <summary>The directory to work in, or null for the one the server was started in. A process has only one.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Permissions that new files do not get, or null for what the process was started with.</summary>
    public UnixFileMode? Umask { get; init; }

    /// <summary>The application is loaded in one worker, and nothing is served.</summary>
    public bool ChecksOnly { get; init; }

    /// <summary>What is done for who is writing the code.</summary>
    public DevelopmentOptions Development { get; init; } = new();

    /// <summary>The file to write the process id to, or null.</summary>
    public string? PidFile { get; init; }

    /// <summary>The Unix socket at which the server can be asked and told things, or null.</summary>
    public string? ControlSocket { get; init; }

    /// <summary>How long the server goes on as if nothing were, after it was told to stop; zero for no time at all.</summary>
    public TimeSpan ShutdownDelay { get; init; }

    /// <summary>How long requests may go on when the server stops.</summary>
    public TimeSpan GracefulTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long responses without an end of their own go on before they hear of a stop or a reload; null for a third of the time that
    /// requests have.
    /// </summary>
    public TimeSpan? StreamGrace { get; init; }
}

/// <summary>Code that is being written: its files are watched.</summary>
internal sealed record DevelopmentOptions
{
    /// <summary>Workers are replaced when files change, and clients see tracebacks.</summary>
    public bool IsOn { get; init; }

    /// <summary>The directories that are watched; none for those of the applications.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];

    /// <summary>Patterns of files that are watched beside *.py.</summary>
    public IReadOnlyList<string> Includes { get; init; } = [];

    /// <summary>Patterns of files and directories that are not watched.</summary>
    public IReadOnlyList<string> Excludes { get; init; } = [];
}

/// <summary>The addresses of the server.</summary>
internal sealed record AddressOptions
{
    /// <summary>Where applications are served; at least one.</summary>
    public IReadOnlyList<BindAddress> Binds { get; init; } = [AddressRules.Default];

    /// <summary>Where metrics are served, or null.</summary>
    public BindAddress? Metrics { get; init; }

    /// <summary>Where the page is on which the server shows itself, or null.</summary>
    public BindAddress? Dashboard { get; init; }

    /// <summary>Connections that may wait to be accepted.</summary>
    public int Backlog { get; init; } = 2048;

    /// <summary>The permissions of the files of Unix sockets; the umask does not count.</summary>
    public UnixFileMode SocketMode { get; init; } = (UnixFileMode)Convert.ToInt32("666", 8);

    /// <summary>Whose these files are; null for who runs the server.</summary>
    public FileOwner? SocketOwner { get; init; }

    /// <summary>What the transport of clients listens at.</summary>
    public IReadOnlyList<BindAddress> Served => Metrics is null ? Binds : [.. Binds, Metrics];

    /// <summary>Everything that the server listens at.</summary>
    public IReadOnlyList<BindAddress> All => Dashboard is null ? Served : [.. Served, Dashboard];
}

/// <summary>TLS, as the command line says it.</summary>
internal sealed record TlsOptions
{
    /// <summary>Files of certificates.</summary>
    public IReadOnlyList<string> Certificates { get; init; } = [];

    /// <summary>Files of their keys, in the same order; none where they are in the same files.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>What opens the keys; null for keys that are not encrypted.</summary>
    public string? Password { get; init; }

    /// <summary>A certificate is made at the start.</summary>
    public bool IsSelfSigned { get; init; }

    /// <summary>Whether clients show certificates.</summary>
    public ClientCertificates Clients { get; init; }

    /// <summary>The file of the authorities that may have signed these, or null.</summary>
    public string? Authorities { get; init; }

    /// <summary>The file of certificates that they have revoked, or null.</summary>
    public string? Revoked { get; init; }

    /// <summary>TLS 1.2 is not spoken any more.</summary>
    public bool OnlyNewest { get; init; }

    /// <summary>Cipher suites, or null for the library's choice.</summary>
    public IReadOnlyList<TlsCipherSuite>? Ciphers { get; init; }

    /// <summary>Whether TLS is spoken.</summary>
    public bool IsOn => Certificates.Count > 0 || IsSelfSigned;

    /// <summary>How.</summary>
    public TlsSettings Settings() => new()
    {
        Certificates = [.. Certificates.Select((certificate, i) => new CertificateFiles(certificate, Keys.Count == 0 ? null : Keys[i]))],
        Password = Password,
        Clients = Clients,
        Authorities = Authorities,
        Revoked = Revoked,
        Versions = OnlyNewest ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
        Ciphers = Ciphers,
    };
}

/// <summary>What clients may do: the time they get, and how large a head they may send.</summary>
internal sealed record ClientOptions
{
    /// <summary>How long an idle connection is kept.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>How long a client may take for a request's head.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a client may send nothing of a body that is waited for; zero for ever.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a client may take nothing of what it is sent; zero for ever.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes a second that a client must at least send of a body, and take of a response; 0 for any rate.</summary>
    public long MinimumDataRate { get; init; }

    /// <summary>Bytes of a request line, at most 32 KiB; a longer one is 414.</summary>
    public int LimitLine { get; init; } = 16 * 1024;

    /// <summary>Bytes of all header fields of a request, at most 128 KiB; more are 431.</summary>
    public int LimitHead { get; init; } = 64 * 1024;

    /// <summary>Header fields of a request; more are 431.</summary>
    public int LimitFields { get; init; } = 1000;

    /// <summary>Bytes of a single field line; a longer one is 431. 0 for no bound but that of all.</summary>
    public int LimitField { get; init; }
}

/// <summary>What holds for WebSockets.</summary>
internal sealed record WebSocketSection
{
    /// <summary>Bytes that a message of a client may have; a longer one closes the connection with 1009. 0 for no bound.</summary>
    public long MaxSize { get; init; } = 16 * 1024 * 1024;

    /// <summary>How often a client is asked whether it is still there; zero never.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the answer may take; zero for ever.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether messages are compressed for clients that offer it.</summary>
    public bool Deflates { get; init; } = true;
}

/// <summary>Which responses are compressed, and how.</summary>
internal sealed record CompressionOptions
{
    /// <summary>What is offered, the best first; none to compress nothing.</summary>
    public IReadOnlyList<ContentCoding> Codings { get; init; } = [];

    /// <summary>How hard each coding is to try.</summary>
    public CodingLevels Levels { get; init; } = CodingLevels.Default;

    /// <summary>Bytes of a body below which it is left alone, where its length is known.</summary>
    public long MinimumSize { get; init; } = 1024;

    /// <summary>Media types beside the built-in ones; with a - before them, without them.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Paths below which nothing is compressed, without a slash at their end.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>Bodies of requests are decoded before applications get them.</summary>
    public bool DecodesBodies { get; init; }

    /// <summary>How many times as long one may become by that, from its first megabyte on; 0 for any.</summary>
    public int DecodeRatio { get; init; } = 200;
}

/// <summary>Which responses are kept.</summary>
internal sealed record CacheOptions
{
    /// <summary>Bytes that all of them may take; 0 for no cache.</summary>
    public long Size { get; init; }

    /// <summary>Bytes that the body of one may have.</summary>
    public long LargestObject { get; init; } = 1024 * 1024;

    /// <summary>Whether Cache-Control of requests is passed over.</summary>
    public bool IgnoresClients { get; init; }
}

/// <summary>The memory and the disk that the bodies of all requests share.</summary>
internal sealed record BufferOptions
{
    /// <summary>Bytes that all bodies of requests together may have in memory, and again those of responses.</summary>
    public long Memory { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes that clients may have the server hold in all, or null for a share of what there is.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Bodies that are not read into memory go to disk before a worker gets their request.</summary>
    public bool Spool { get; init; }

    /// <summary>The directory for them, or null to find one.</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Bytes that all of them together may have on disk.</summary>
    public long SpoolLimit { get; init; } = 10L * 1024 * 1024 * 1024;
}

/// <summary>What the server logs, and how.</summary>
internal sealed record LogOptions
{
    /// <summary>The least severe records that are logged, by the server and by its workers.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>What becomes of the lines that workers print.</summary>
    public WorkerOutput WorkerOutput { get; init; }

    /// <summary>Whether there is a line for each request, as asked for; null where nothing was said.</summary>
    public bool? AccessWanted { get; init; }

    /// <summary>Whether there is a line for each request.</summary>
    public bool Access => AccessWanted ?? IsAccessPlaced;

    /// <summary>Somebody has said where the access log goes.</summary>
    public bool IsAccessPlaced { get; init; }

    /// <summary>The file of the access log; null for standard output.</summary>
    public string? AccessFile { get; init; }

    /// <summary>What its lines look like.</summary>
    public AccessFormat AccessFormat { get; init; } = AccessFormat.Combined;

    /// <summary>Requests that have no line.</summary>
    public IReadOnlyList<AccessSkip> AccessSkips { get; init; } = [];

    /// <summary>Whether the server's own lines are objects, as asked for; null where nothing was said.</summary>
    public LogFormat? Format { get; init; }

    /// <summary>Whether the server's own lines are objects: also where those of its workers are.</summary>
    public bool IsJson => Format is { } format ? format is LogFormat.Json : WorkerOutput is WorkerOutput.Json;

    /// <summary>The file of the server's log; null for standard error.</summary>
    public string? File { get; init; }

    /// <summary>Whether the server's log goes to syslog.</summary>
    public bool UsesSyslog { get; init; }

    /// <summary>The header that has the names of requests; null where they have none.</summary>
    public string? RequestIdHeader { get; init; }

    /// <summary>A configuration of Python's logging for the workers, or null.</summary>
    public string? PythonConfig { get; init; }

    /// <summary>The syslog daemon, as asked for.</summary>
    public SyslogAddress SyslogAddress { get; init; } = SyslogAddress.Default;

    /// <summary>The syslog daemon; null where the log does not go there.</summary>
    public SyslogAddress? Syslog => UsesSyslog ? SyslogAddress : null;

    /// <summary>The number of the facility of syslog.</summary>
    public int SyslogFacility { get; init; } = 1;

    /// <summary>What the messages of syslog are called.</summary>
    public string SyslogTag { get; init; } = "hydra";

    /// <summary>Colours in the log: as asked for, or null to use them on a terminal.</summary>
    public bool? UseColors { get; init; }
}

/// <summary>How the server talks to its clients and to its workers.</summary>
internal sealed record TuningOptions
{
    /// <summary>How the front talks to its clients' sockets.</summary>
    public TransportKind Transport { get; init; }

    /// <summary>Event loops of the front; null when it decides by itself.</summary>
    public int? Loops { get; init; }

    /// <summary>Whether the event loops may use io_uring.</summary>
    public IoUringUse IoUring { get; init; }

    /// <summary>Microseconds that loops and workers look for what comes next before they sleep, while they have little to do; 0: they sleep at once.</summary>
    public int BusyPoll { get; init; }

    /// <summary>What the links to the workers are made of.</summary>
    public WorkerTransport WorkerTransport { get; init; }
}
