using Hydra.Configuration;
using Hydra.Edge;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Makes the parts of the edge that the options ask for.</summary>
internal static class EdgeChain
{
    /// <summary>The parts, in the order in which they see a request. What is not asked for is not there.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="loggers">Where parts log.</param>
    public static IReadOnlyList<EdgePart> Parts(ServerOptions options, ILoggerFactory loggers)
    {
        _ = loggers;
        List<EdgePart> parts = [];

        // 1. Who the client is, and what the request is called: before anybody counts, logs or refuses by that.
        if (options.Logs.RequestIdHeader is { } header)
        {
            parts.Add(new RequestIds(header));
        }

        // 2. Whether it may come at all: hosts, rates.

        // 3. What is said without asking anybody: redirects. Fields that are added to all answers.

        // 4. What is done to bodies on their way in or out. A gate that is added first is asked first, and may take the body over.

        // 5. Who answers in the place of the application: files, the cache.
        return parts;
    }
}
