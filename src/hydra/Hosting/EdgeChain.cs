using Hydra.Configuration;
using Hydra.Edge;
using Hydra.Http;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Makes the parts of the edge that the options ask for.</summary>
internal static class EdgeChain
{
    /// <summary>The parts, in the order in which they see a request. What is not asked for is not there.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="forwarder">What takes requests to workers.</param>
    /// <param name="loggers">Where parts log.</param>
    /// <exception cref="StartException">What is asked for cannot be had.</exception>
    public static IReadOnlyList<EdgePart> Parts(ServerOptions options, RequestForwarder forwarder, ILoggerFactory loggers)
    {
        List<EdgePart> parts = [];

        // 1. Who the client is, and what the request is called: before anybody counts, logs or refuses by that.

        // 2. Whether it may come at all: hosts, rates.

        // 3. What is said without asking anybody: redirects. Fields that are added to all answers.

        // 4. What is done to bodies on their way in or out. A gate that is added first is asked first, and may take the body over.

        // 5. Who answers in the place of the application: files, the cache.
        if (StaticTrees.Part(options.Static, forwarder.OuterPath, forwarder.EndsConnection, loggers) is { } files)
        {
            parts.Add(files);
        }

        return parts;
    }

    /// <summary>What answers before the parts see a request; null where some part wants to see all of them.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="clients">How long a connection may be idle, and what heads may be.</param>
    /// <param name="forwarder">What takes requests to workers.</param>
    /// <param name="recorder">Told of answers; null where nobody wants to hear.</param>
    public static QuickAnswers? Quick(IReadOnlyList<EdgePart> parts, ClientOptions clients, RequestForwarder forwarder, RequestRecorder? recorder)
    {
        // Smaller bounds are Kestrel's to enforce.
        bool isBounded = clients.LimitLine < 4096 || clients.LimitHead < 16 * 1024 || clients.LimitFields < 100;
        return parts is [StaticFiles files] && !isBounded
            ? new QuickFiles(files, () => forwarder.IsEnding, recorder) { LongestSilence = (long)Math.Min(clients.KeepAlive.TotalMilliseconds / 4, 5000) }
            : null;
    }
}
