using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Makes the parts of the edge that the options ask for.</summary>
internal static class EdgeChain
{
    /// <summary>The parts, in the order in which they see a request. What is not asked for is not there.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="forwarder">What takes requests to workers.</param>
    /// <param name="loggers">Where parts log.</param>
    /// <param name="metrics">What is counted of requests; null where nobody wants to know.</param>
    /// <exception cref="StartException">What is asked for cannot be had.</exception>
    /// <param name="record">Keeps requests; null where none are kept.</param>
    /// <param name="development">What there is to know of code that is being written; null where none is.</param>
    public static IReadOnlyList<EdgePart> Parts(
        ServerOptions options, RequestForwarder forwarder, ILoggerFactory loggers, RequestMetrics? metrics, DevelopmentState? development = null, RecordPart? record = null)
    {
        List<EdgePart> parts = [];

        // 0. What a stream holds, whatever becomes of its request.
        if (options.Http2.Versions is not HttpVersions.Http1 || options.Http2.HasHttp3)
        {
            parts.Add(new StreamMemory(forwarder.Bodies.Memory));
        }

        // 1. Who the client is, and what the request is called: before anybody counts, logs or refuses by that.
        parts.Add(new DoubtfulFieldsPart(ProxyRules.Of(options.Proxies, loggers.CreateLogger("hydra"))));
        if (options.Logs.RequestIdHeader is { } header)
        {
            parts.Add(new RequestIds(header));
        }

        if (options.Answers.Fields.Count > 0 || options.Answers.TransportSecurity is not null)
        {
            // Before anybody answers: all answers get them.
            parts.Add(new AnswerFields(options.Answers.Fields, options.Answers.TransportSecurity));
        }

        // 2. Whether it may come at all: hosts, rates.
        if (options.Answers.Hosts.Count > 0)
        {
            parts.Add(new AllowedHosts(options.Answers.Hosts, new FaultLog(loggers.CreateLogger("hydra"), TimeProvider.System)));
        }

        if (options.Limits.Rates.Count > 0)
        {
            parts.Add(new RateLimits(options.Limits.Rates, options.Limits.RateBy, TimeProvider.System));
        }

        // 3. What is said without asking anybody: redirects. Fields that are added to all answers.
        if (options.Answers.RedirectsHttps)
        {
            parts.Add(new HttpsRedirect(options.Answers.HttpsPort, options.Answers.PlainPaths));
        }

        if (options.Answers.Redirects.Count > 0)
        {
            parts.Add(new PathRedirects(options.Answers.Redirects));
        }

        // 4. Who answers in the place of the application, without a worker: files, the cache. It keeps what the application has made, and
        // compresses its own answers.
        CompressionRules? compression = options.Compression.Codings.Count > 0 ? Compression(options.Compression) : null;
        if (StaticTrees.Part(options.Static, compression?.ForFiles(), forwarder.OuterPath, loggers) is { } files)
        {
            parts.Add(files);
        }

        if (development is not null)
        {
            parts.Add(new DevelopmentPart(development));
        }

        if (options.Cache.Size > 0)
        {
            parts.Add(Cache(options, compression, forwarder.Bodies.Memory, metrics?.Cache));
        }

        if (record is not null)
        {
            parts.Add(record);
        }

        // 5. What is done to bodies on their way in or out. A gate that is added first is asked first, and may take the body over.
        if (compression is not null)
        {
            parts.Add(new CompressionPart(compression, forwarder.Bodies.Memory, metrics?.Coding));
        }

        if (options.Compression.DecodesBodies)
        {
            parts.Add(new RequestDecoding(options.Compression.DecodeRatio, forwarder.Bodies.Memory));
        }

        return parts;
    }

    /// <summary>What answers before the parts see a request; null where some part wants to see all of them.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="options">How long a connection may be idle, and what heads may be.</param>
    /// <param name="forwarder">What takes requests to workers.</param>
    /// <param name="recorder">Told of answers; null where nobody wants to hear.</param>
    public static QuickAnswers? Quick(IReadOnlyList<EdgePart> parts, ServerOptions options, RequestForwarder forwarder, RequestRecorder? recorder)
    {
        // Smaller bounds are Kestrel's to enforce, and it counts requests. Who the client is changes nothing of a file, and what only somebody in
        // between may say is not answered quickly.
        ClientOptions clients = options.Clients;
        bool isBounded = clients.LimitLine < 4096 || clients.LimitHead < 16 * 1024 || clients.LimitFields < 100 || options.Limits.RequestsPerConnection > 0;
        return !isBounded && parts.FirstOrDefault(static part => part is not DoubtfulFieldsPart and not StreamMemory) is StaticFiles files
            ? new QuickFiles(files, () => forwarder.IsEnding, recorder) { LongestSilence = (long)Math.Min(clients.KeepAlive.TotalMilliseconds / 4, 5000) }
            : null;
    }

    private static CachePart Cache(ServerOptions options, CompressionRules? compression, MemoryBudget memory, CacheMetrics? metrics)
    {
        CacheOptions sizes = options.Cache;
        var cache = new ResponseCache(sizes.Size, sizes.LargestObject, TimeProvider.System, memory);
        metrics?.Used = () => cache.Used;
        var flights = new CacheFlights(TimeProvider.System);
        var answer = new CacheAnswer(cache, compression);
        return new CachePart(cache, flights, answer, new CacheRefresh(cache, flights, answer, TimeProvider.System), metrics)
        {
            ToldBy = ProxyRules.ForwarderNames(options.Proxies),
            IgnoresClients = sizes.IgnoresClients,
        };
    }

    private static CompressionRules Compression(CompressionOptions options)
        => new(options.Codings, options.Levels, new CompressibleTypes(options.Types), options.MinimumSize, options.Excluded);
}
