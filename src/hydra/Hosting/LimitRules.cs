using Hydra.Configuration;
using Hydra.Http;

namespace Hydra.Hosting;

/// <summary>What the options say about how many connections there may be, for who counts them.</summary>
internal static class LimitRules
{
    /// <summary>Bytes that a connection which is not at rest holds at most times: Kestrel's buffers and state, and those of TLS.</summary>
    public const long EachConnection = 32 * 1024;

    // Also where there is little memory: a server that takes fewer is of no use.
    private const long Least = 256;

    private const long Greatest = 10_000_000;

    /// <summary>
    /// Counts connections: as many as was said, or as many as there is memory for. Descriptors need no count: the loops leave some for workers by themselves.
    /// Of those that are bounded by themselves one address has half at most, so that one client cannot take the place of all others.
    /// </summary>
    /// <param name="limits">What was said.</param>
    /// <param name="proxies">Who is trusted, and connects for many.</param>
    /// <param name="memory">Bytes that clients may have the server hold.</param>
    /// <returns>Null where nothing is counted.</returns>
    public static ConnectionLimits? Connections(LimitOptions limits, ProxyOptions proxies, long memory)
    {
        int most = limits.Connections ?? (int)Math.Clamp(memory / EachConnection, Least, Greatest);
        int mostOfOne = limits.ConnectionsPerAddress ?? (limits.Connections is null ? most / 2 : 0);
        return most == 0 && mostOfOne == 0 ? null : new ConnectionLimits(most, mostOfOne, limits.ConnectionsPerAddress is null ? proxies.Trusted : null);
    }
}
