using System.Globalization;
using Hydra.Protocol;

namespace Hydra.Workers.Processes;

/// <summary>
/// What a worker is told at its start: one line of JSON on its standard input. Each field stands in it, and the shim refuses a document
/// with more or fewer; build/wire.sh tells it which there are.
/// </summary>
[WireDocument("BOOT")]
internal sealed record BootDocument
{
    /// <summary>The hash of the protocol that the front speaks, this document included. It says what is wrong before anything else is.</summary>
    public string Schema { get; } = WireSchema.Hash.ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the front listens: unix:PATH, abstract:NAME or tcp:HOST:PORT.</summary>
    public required string Address { get; init; }

    /// <summary>The one-time token that each link's HELLO must carry, in hex.</summary>
    public required string Token { get; init; }

    /// <summary>The worker's index.</summary>
    public required int Worker { get; init; }

    /// <summary>The application: module:attribute. Where it is a program, the words of its command: see <see cref="OddBytes"/>.</summary>
    public required string App { get; init; }

    /// <summary>Whether the attribute is to be called to get the application.</summary>
    public required bool Factory { get; init; }

    /// <summary>The directory to put first on sys.path; empty for the working directory. See <see cref="OddBytes"/>.</summary>
    public required string AppDir { get; init; }

    /// <summary>auto, asgi, asgi2, wsgi, rsgi, raw, aiohttp, tornado, or a module and the adapter in it: package.module:Adapter.</summary>
    public required string Interface { get; init; }

    /// <summary>auto, asyncio, uvloop, trio, or a module and the factory in it: package.module:factory.</summary>
    public required string Loop { get; init; }

    /// <summary>Whether the native part of the worker is used: auto, on or off.</summary>
    public string Speedups { get; init; } = "auto";

    /// <summary>auto, on or off.</summary>
    public required string Lifespan { get; init; }

    /// <summary>Threads of a synchronous application; 0 for as many as it has use for.</summary>
    public required int Threads { get; init; }

    /// <summary>Event loops, each in a thread of its own: at least 1. A data link belongs to the one that is its index modulo this number.</summary>
    public int WorkerLoops { get; init; } = 1;

    /// <summary>How many data links to open.</summary>
    public required int DataLinks { get; init; }

    /// <summary>critical, error, warning, info, debug or trace.</summary>
    public required string LogLevel { get; init; }

    /// <summary>Milliseconds that a worker which is told to stop by a signal gives its requests.</summary>
    public required int GraceMilliseconds { get; init; }

    /// <summary>Whether INTERRUPT may come, or INSPECT for a single stream: the worker then keeps account of which thread runs which request.</summary>
    public required bool Interruptible { get; init; }

    /// <summary>
    /// Milliseconds that a task of an event loop has from the moment in which its client leaves until it is cancelled; 0 for ever.
    /// </summary>
    public int DisconnectMilliseconds { get; init; }

    /// <summary>Microseconds that a worker with few requests looks for the next one before it sleeps; 0: it sleeps at once.</summary>
    public int BusyPollMicroseconds { get; init; }

    /// <summary>The header, in lower case, that has the name of a request; empty where requests have none.</summary>
    public string RequestIdHeader { get; init; } = "";

    /// <summary>A file that configures Python's logging, absolute; empty for none. See <see cref="OddBytes"/>.</summary>
    public string LogConfig { get; init; } = "";

    /// <summary>Whether a request that has waited gets the header X-Request-Start.</summary>
    public bool RequestStart { get; init; }

    /// <summary>Whether COLLECT may come for what the application counts with prometheus_client.</summary>
    public bool CollectApplication { get; init; }

    /// <summary>Whether requests are counted by their routes, for COLLECT.</summary>
    public bool CollectRoutes { get; init; }

    /// <summary>Whether the worker may ask at the terminal that its standard output is.</summary>
    public bool Terminal { get; init; }

    /// <summary>What the process is called where processes are listed.</summary>
    public string Name { get; init; } = "";

    /// <summary>The arguments of the server, the program's name first; see <see cref="OddBytes"/>.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>The variables of the environment, NAME=value, that are not UTF-8, which .NET has destroyed; see <see cref="OddBytes"/>.</summary>
    public string Variables { get; init; } = "";

    /// <summary>The version of the server, for SERVER_SOFTWARE.</summary>
    public required string Version { get; init; }

    /// <summary>What is called for workers that have ended, module:function, or empty. A worker sees whether it is there.</summary>
    public string ExitHook { get; init; } = "";

    /// <summary>
    /// The process is no worker: it calls <see cref="ExitHook"/> for these, which have ended, and exits. See <see cref="EndedWorker.Join"/>;
    /// empty for a worker.
    /// </summary>
    public string Ended { get; init; } = "";

    /// <summary>What a worker calls before it imports the application, or when it was forked; here as in the next three names, module:function, with blanks between.</summary>
    public string StartHooks { get; init; } = "";

    /// <summary>What a worker calls before it says that it is ready.</summary>
    public string ReadyHooks { get; init; } = "";

    /// <summary>What is called before the first worker starts, in a process of its own.</summary>
    public string StartingHooks { get; init; } = "";

    /// <summary>What is called before the workers of a reload start, in a process of its own. A worker sees whether it is there.</summary>
    public string ReloadHooks { get; init; } = "";

    /// <summary>The process is no worker: "starting" and "reload" have it call those hooks and exit, "check" see whether those of the start are there. Empty for a worker.</summary>
    public string Event { get; init; } = "";

    /// <summary>The agents that a worker sets up, by name or module:function, with blanks between.</summary>
    public string Instrument { get; init; } = "";

    /// <summary>Whether the front is told the traceback of a request that the application has failed.</summary>
    public bool Development { get; init; }

    /// <summary>The process is a template: it imports the application and forks workers when it is told to.</summary>
    public bool Preload { get; init; }
}
