using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Configuration;

/// <summary>What the user asked for, checked and with the defaults filled in. <see cref="OptionTable"/> describes each of them.</summary>
internal sealed record HydraOptions
{
    /// <summary>The application: module:attribute. <see cref="CommandLine.Parse"/> gives no options without one.</summary>
    public string? App { get; init; }

    /// <summary>Which interface it speaks.</summary>
    public string Interface { get; init; } = "auto";

    /// <summary>The attribute is to be called to get the application.</summary>
    public bool Factory { get; init; }

    /// <summary>The directory to put first on sys.path; empty for the working directory.</summary>
    public string AppDir { get; init; } = "";

    /// <summary>The directory to work in, or null for the one the server was started in.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Where to listen; at least one.</summary>
    public IReadOnlyList<BindAddress> Binds { get; init; } = [AddressRules.Default];

    /// <summary>The path below which the application is mounted: empty, or with a slash in front and none behind.</summary>
    public string RootPath { get; init; } = "";

    /// <summary>Worker processes.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>The most workers, or null where their number is fixed.</summary>
    public int? MaxWorkers { get; init; }

    /// <summary>Requests that wait longer call for another worker.</summary>
    public TimeSpan ScaleDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long no worker may be missed before one goes.</summary>
    public TimeSpan ScaleIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests after which a worker is replaced; 0 for never.</summary>
    public int MaxRequests { get; init; }

    /// <summary>At most so many requests more, for each worker another number.</summary>
    public int MaxRequestsJitter { get; init; }

    /// <summary>Resident bytes beyond which a worker is replaced; 0 for never.</summary>
    public long WorkerMaxRss { get; init; }

    /// <summary>The age at which a worker is replaced; zero for never.</summary>
    public TimeSpan WorkerMaxLifetime { get; init; }

    /// <summary>How long requests may go on in a worker that was replaced; null for <see cref="GracefulTimeout"/>.</summary>
    public TimeSpan? DrainTimeout { get; init; }

    /// <summary><see cref="Workers"/> follows from the number of CPUs.</summary>
    public bool WorkersAuto { get; init; }

    /// <summary>Threads in each worker of a synchronous application.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The Python to use, as the user wrote it; null to search.</summary>
    public string? Python { get; init; }

    /// <summary>The event loop of the workers.</summary>
    public EventLoop Loop { get; init; }

    /// <summary>Whether the lifespan is run.</summary>
    public Lifespan Lifespan { get; init; }

    /// <summary>What the links to the workers are made of.</summary>
    public WorkerTransport WorkerTransport { get; init; }

    /// <summary>How the front talks to its clients' sockets.</summary>
    public TransportKind Transport { get; init; }

    /// <summary>Whether the event loops may use io_uring.</summary>
    public IoUringUse IoUring { get; init; }

    /// <summary>Event loops of the front; null when it decides by itself.</summary>
    public int? Loops { get; init; }

    /// <summary>The least severe records that are logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>One line on standard output for each request.</summary>
    public bool AccessLog { get; init; }

    /// <summary>Where metrics are served, or null.</summary>
    public BindAddress? Metrics { get; init; }

    /// <summary>Colours in the log: as asked for, or null to use them on a terminal.</summary>
    public bool? UseColors { get; init; }

    /// <summary>Requests that may wait for a worker.</summary>
    public int QueueSize { get; init; } = 10_000;

    /// <summary>Bytes of the requests that may wait.</summary>
    public long QueueBytes { get; init; } = 256L << 20;

    /// <summary>How long a request may wait for a worker; zero for no bound.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests that a worker is given at the same time; 0 for no limit but its own.</summary>
    public int LimitConcurrency { get; init; }

    /// <summary>Which requests are sent to another worker when theirs dies.</summary>
    public RetryMode Retry { get; init; }

    /// <summary>How long requests may go on when the server or a worker stops.</summary>
    public TimeSpan GracefulTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a worker may take until a response begins; zero for ever.</summary>
    public TimeSpan RequestTimeout { get; init; }

    /// <summary>How long a worker may be silent, or go on with a request that was interrupted; zero for ever.</summary>
    public TimeSpan WorkerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The thread that runs a WSGI request is interrupted when the client leaves.</summary>
    public bool CancelOnDisconnect { get; init; }

    /// <summary>How long an idle connection is kept.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Connections that may wait to be accepted.</summary>
    public int Backlog { get; init; } = 2048;

    /// <summary>Bodies of up to this many bytes are read before a worker gets their request; 0 for none.</summary>
    public long BufferBody { get; init; } = 1024 * 1024;

    /// <summary>Bytes that a worker may send of a response ahead of its client.</summary>
    public long BufferResponse { get; init; } = 1024 * 1024;

    /// <summary>Bytes that all bodies of requests together may have in memory, and again those of responses.</summary>
    public long BufferMemory { get; init; } = 64 * 1024 * 1024;

    /// <summary>Larger bodies go to disk before a worker gets their request.</summary>
    public bool Spool { get; init; }

    /// <summary>The directory for them, or null to find one.</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Bytes that all of them together may have on disk.</summary>
    public long SpoolLimit { get; init; } = 10L * 1024 * 1024 * 1024;

    /// <summary>Bytes of the largest body that is accepted; 0 for any.</summary>
    public long LimitBody { get; init; }

    /// <summary>How long a client may take for a request's head.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes a second that a client must at least send of a body, and take of a response; 0 for any rate.</summary>
    public long MinimumDataRate { get; init; }

    /// <summary>The file to write the process id to, or null.</summary>
    public string? PidFile { get; init; }

    /// <summary>The application is imported once, and workers are forked from that.</summary>
    public bool Preload { get; init; }
}
