using Hydra.Configuration;
using Hydra.Http;
using Hydra.Primitives;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>What the options say about bodies, for those who carry it out.</summary>
internal static class BodyRules
{
    // Time for a client to find its pace before the least rate counts.
    private static readonly TimeSpan RateGrace = TimeSpan.FromSeconds(10);

    // With less a server is of no use.
    private const long LeastMemory = 8 * 1024 * 1024;

    /// <summary>Windows and bounds of the forwarder and of its workers' links.</summary>
    public static ForwarderOptions Forwarder(ServerOptions server, ApplicationOptions application) => new()
    {
        BufferBody = application.Bodies.Buffer,
        BufferResponse = (int)application.Bodies.BufferResponse,
        BufferMemory = server.Buffers.Memory,
        LimitBody = application.Bodies.Limit,
        BodyTimeout = server.Clients.BodyTimeout,
    };

    /// <summary>
    /// What clients may have the server hold in all: as asked for, or half of the memory that there is for it, the container's or the machine's. The
    /// other half is for what is not counted: what belongs to the collector, to connections at rest, and to Kestrel.
    /// </summary>
    public static MemoryBudget Memory(BufferOptions options)
        => new(options.MemoryLimit ?? Math.Max(LeastMemory, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2));

    /// <summary>The spool, or null where none is wanted.</summary>
    /// <exception cref="StartException">Files cannot be made where they are wanted.</exception>
    public static Spool? CreateSpool(BufferOptions options, ILogger logger)
    {
        if (!options.Spool)
        {
            return null;
        }

        Spool spool = LengthSpool(options, logger);
        return spool.Probe() is { } problem ? throw new StartException($"bodies cannot be written to disk (--spool): {problem}") : spool;
    }

    /// <summary>
    /// The spool for chunked bodies whose length has to be known. Nothing of it is tried at the start: most servers never write to it.
    /// </summary>
    public static Spool LengthSpool(BufferOptions options, ILogger logger)
    {
        string[] directories = options.SpoolDirectory is { } chosen ? [OddPath.Full(chosen)] : DefaultDirectories();
        return new Spool(directories, options.SpoolLimit, TimeProvider.System, logger);
    }

    /// <summary>Sets what Kestrel enforces: how slow a client may be. How much it may send is the forwarder's affair.</summary>
    public static void Apply(ClientOptions options, KestrelServerLimits limits)
    {
        // What is under way is bounded by the windows of its stream, and slow clients hold no worker: neither is cut off by default.
        // The forwarder has a limit of its own, which does not count the framing of chunks.
        limits.MaxRequestBodySize = null;
        limits.RequestHeadersTimeout = options.HeaderTimeout;
        MinDataRate? rate = options.MinimumDataRate > 0 ? new MinDataRate(options.MinimumDataRate, RateGrace) : null;
        limits.MinRequestBodyDataRate = rate;
        limits.MinResponseDataRate = rate;
    }

    // /tmp is often memory; /var/tmp is where large temporary files belong (file-hierarchy(7)).
    private static string[] DefaultDirectories() => OperatingSystem.IsWindows()
        ? [Path.GetTempPath()]
        : [.. new[] { "/var/tmp", Path.GetTempPath(), "/tmp" }.Distinct()];
}
