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
    /// <param name="loggers">Where parts log.</param>
    public static IReadOnlyList<EdgePart> Parts(ServerOptions options, ILoggerFactory loggers)
    {
        List<EdgePart> parts = [];

        // 1. Who the client is, and what the request is called: before anybody counts, logs or refuses by that.
        parts.Add(new DoubtfulFieldsPart(ProxyRules.Of(options.Proxies, loggers.CreateLogger("hydra"))));

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

        // 3. What is said without asking anybody: redirects. Fields that are added to all answers.
        if (options.Answers.RedirectsHttps)
        {
            parts.Add(new HttpsRedirect(options.Answers.HttpsPort, options.Answers.PlainPaths));
        }

        if (options.Answers.Redirects.Count > 0)
        {
            parts.Add(new PathRedirects(options.Answers.Redirects));
        }

        // 4. What is done to bodies on their way in or out. A gate that is added first is asked first, and may take the body over.

        // 5. Who answers in the place of the application: files, the cache.
        return parts;
    }
}
