using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Configuration;

/// <summary>The words for values that are chosen from a list. Workers are told the same words.</summary>
internal static class OptionNames
{
    /// <summary>--interface: "auto", the names of the adapters that the worker has of its own, and "proxy" and "worker" for what is no application of Python.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> Interfaces =
        [("auto", "auto"), ("asgi", "asgi"), ("asgi2", "asgi2"), ("wsgi", "wsgi"), ("rsgi", "rsgi"), ("raw", "raw"), ("aiohttp", "aiohttp"), ("tornado", "tornado"), (ApplicationNaming.Proxy, ApplicationNaming.Proxy), (ApplicationNaming.Worker, ApplicationNaming.Worker)];

    /// <summary>--loop: what the worker knows by these words; a factory of the user's is module:factory.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> Loops = [("auto", "auto"), ("asyncio", "asyncio"), ("uvloop", "uvloop"), ("trio", "trio")];

    /// <summary>--instrument: the agents that the worker knows how to set up.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> Agents = [("opentelemetry", "opentelemetry"), ("sentry", "sentry"), ("newrelic", "newrelic")];

    /// <summary>--lifespan.</summary>
    public static readonly IReadOnlyList<(string Name, Lifespan Value)> Lifespans =
        [("auto", Lifespan.Auto), ("on", Lifespan.On), ("off", Lifespan.Off)];

    /// <summary>--speedups.</summary>
    public static readonly IReadOnlyList<(string Name, SpeedupsUse Value)> SpeedupsUses =
        [("auto", SpeedupsUse.Auto), ("on", SpeedupsUse.On), ("off", SpeedupsUse.Off)];

    /// <summary>--worker-transport.</summary>
    public static readonly IReadOnlyList<(string Name, WorkerTransport Value)> WorkerTransports =
        [("uds", WorkerTransport.Uds), ("tcp", WorkerTransport.Tcp)];

    /// <summary>--transport.</summary>
    public static readonly IReadOnlyList<(string Name, TransportKind Value)> Transports =
        [("auto", TransportKind.Auto), ("loop", TransportKind.Loop), ("sockets", TransportKind.Sockets)];

    /// <summary>--retry.</summary>
    public static readonly IReadOnlyList<(string Name, RetryMode Value)> RetryModes =
        [("idempotent", RetryMode.Idempotent), ("always", RetryMode.Always), ("never", RetryMode.Never)];

    /// <summary>--state-eviction.</summary>
    public static readonly IReadOnlyList<(string Name, bool Value)> Evictions = [("none", false), ("lru", true)];

    /// <summary>--replace.</summary>
    public static readonly IReadOnlyList<(string Name, ReplaceMode Value)> ReplaceModes =
        [("auto", ReplaceMode.Auto), ("overlap", ReplaceMode.Overlap), ("stop-first", ReplaceMode.StopFirst)];

    /// <summary>--io-uring.</summary>
    public static readonly IReadOnlyList<(string Name, IoUringUse Value)> IoUringUses = [("auto", IoUringUse.Auto), ("off", IoUringUse.Off)];

    /// <summary>--log-level.</summary>
    public static readonly IReadOnlyList<(string Name, LogLevel Value)> LogLevels =
    [
        ("critical", LogLevel.Critical), ("error", LogLevel.Error), ("warning", LogLevel.Warning), ("info", LogLevel.Information),
        ("debug", LogLevel.Debug), ("trace", LogLevel.Trace),
    ];

    /// <summary>--worker-output.</summary>
    public static readonly IReadOnlyList<(string Name, WorkerOutput Value)> WorkerOutputs =
        [("auto", WorkerOutput.Auto), ("prefixed", WorkerOutput.Prefixed), ("raw", WorkerOutput.Raw), ("json", WorkerOutput.Json)];

    /// <summary>--log-format.</summary>
    public static readonly IReadOnlyList<(string Name, LogFormat Value)> LogFormats = [("text", LogFormat.Text), ("json", LogFormat.Json)];

    /// <summary>What else is taken for a level: the words of Python's logging.</summary>
    public static string LogLevelOf(string word) => word.Trim().ToLowerInvariant() switch
    {
        "warn" => "warning",
        "fatal" => "critical",
        _ => word,
    };

    /// <summary>The word for a value.</summary>
    public static string NameOf<T>(IReadOnlyList<(string Name, T Value)> choices, T value)
        where T : struct, Enum
    {
        foreach ((string name, T candidate) in choices)
        {
            if (EqualityComparer<T>.Default.Equals(candidate, value))
            {
                return name;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(value), value, null);
    }

    /// <summary>The words with bars between, for the help.</summary>
    public static string Join<T>(IReadOnlyList<(string Name, T Value)> choices)
        => string.Join('|', choices.Select(static choice => choice.Name));
}
