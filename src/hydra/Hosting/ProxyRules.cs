using Hydra.Configuration;
using Hydra.Http;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>What the options about proxies come to.</summary>
internal static class ProxyRules
{
    /// <summary>Whose word about clients counts.</summary>
    public static DoubtfulRules Of(ProxyOptions options, ILogger logger) => new(
        options.ReadsHeaders, options.Trusted, options.Aspects, options.HeaderMap, [.. options.ForwarderHeaders.Split(',', StringSplitOptions.RemoveEmptyEntries)],
        new ForwardedHints(logger));
}
