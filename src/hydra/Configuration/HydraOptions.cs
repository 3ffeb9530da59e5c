using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Configuration;

/// <summary>What the user asked for, checked and with the defaults filled in. <see cref="OptionTable"/> describes each of them.</summary>
internal sealed record HydraOptions
{
    /// <summary>The application: module:attribute. <see cref="CommandLine.Parse"/> gives no options without one.</summary>
    public string? App { get; init; }

    /// <summary>Which interface it speaks.</summary>
    public AppInterface Interface { get; init; }

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

    /// <summary>Colours in the log: as asked for, or null to use them on a terminal.</summary>
    public bool? UseColors { get; init; }

    /// <summary>How long requests may go on when the server or a worker stops.</summary>
    public TimeSpan GracefulTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an idle connection is kept.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Connections that may wait to be accepted.</summary>
    public int Backlog { get; init; } = 2048;

    /// <summary>The file to write the process id to, or null.</summary>
    public string? PidFile { get; init; }

    /// <summary>The application is imported once, and workers are forked from that.</summary>
    public bool Preload { get; init; }
}
