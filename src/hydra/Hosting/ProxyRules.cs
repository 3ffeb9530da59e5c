using Hydra.Configuration;
using Hydra.Http;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>What the options about proxies come to.</summary>
internal static class ProxyRules
{
    /// <summary>What hears proxies before their connections begin; null where they say nothing there.</summary>
    public static ProxyProtocol? ProtocolOf(ServerOptions options, ILogger logger) => options.Proxies.Versions is ProxyVersions.None
        ? null
        : new ProxyProtocol(options.Proxies.Versions, options.Proxies.ProtocolPeers, options.Clients.HeaderTimeout, logger);

    /// <summary>Whose word about clients counts.</summary>
    public static DoubtfulRules Of(ProxyOptions options, ILogger logger) => new(
        options.ReadsHeaders, options.Trusted, options.Aspects, options.HeaderMap, ForwarderNames(options),
        new ForwardedHints(logger));

    /// <summary>The names of --forwarder-headers.</summary>
    public static IReadOnlyList<string> ForwarderNames(ProxyOptions options) => options.ForwarderHeaders.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
