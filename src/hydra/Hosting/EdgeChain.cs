using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Edge;
using Hydra.Http;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Makes the parts of the edge that the options ask for.</summary>
internal static class EdgeChain
{
    /// <summary>The parts, in the order in which they see a request. What is not asked for is not there.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="loggers">Where parts log.</param>
    /// <param name="bodies">What clients may have the server hold.</param>
    /// <param name="metrics">What is counted of requests; null where nobody wants to know.</param>
    public static IReadOnlyList<EdgePart> Parts(ServerOptions options, ILoggerFactory loggers, BodyResources bodies, RequestMetrics? metrics)
    {
        _ = (options, loggers);
        List<EdgePart> parts = [];

        // 1. Who the client is, and what the request is called: before anybody counts, logs or refuses by that.

        // 2. Whether it may come at all: hosts, rates.

        // 3. What is said without asking anybody: redirects. Fields that are added to all answers.

        // 4. What is done to bodies on their way in or out. A gate that is added first is asked first, and may take the body over.
        // The cache comes before the compression: it keeps what the application has made, and compresses its own answers.
        CompressionRules? compression = options.Compression.Codings.Count > 0 ? Compression(options.Compression) : null;
        if (options.Cache.Size > 0)
        {
            parts.Add(Cache(options.Cache, compression, metrics?.Cache));
        }

        if (compression is not null)
        {
            parts.Add(new CompressionPart(compression, bodies.Memory, metrics?.Coding));
        }

        // 5. Who answers in the place of the application: files.
        return parts;
    }

    private static CachePart Cache(CacheOptions options, CompressionRules? compression, CacheMetrics? metrics)
    {
        var cache = new ResponseCache(options.Size, Math.Min(options.LargestObject, options.Size), TimeProvider.System);
        metrics?.Used = () => cache.Used;
        return new CachePart(cache, new CacheFlights(TimeProvider.System), new CacheAnswer(cache, compression), metrics);
    }

    private static CompressionRules Compression(CompressionOptions options)
        => new(options.Codings, options.Levels, new CompressibleTypes(options.Types), options.MinimumSize, options.Excluded);
}
