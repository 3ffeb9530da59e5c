using System.Net;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>
/// Says once of a network that fields are left out which its peers send: to whoever has a proxy there, and whose application waits for them in
/// vain. Of a few networks only: anybody can send such fields. Any thread.
/// </summary>
/// <param name="logger">Where it is said.</param>
internal sealed class ForwardedHints(ILogger logger)
{
    private const int MostNetworks = 3;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _networks = [];
    private bool _hasSaidName;

    /// <summary>Fields were left out.</summary>
    /// <param name="peer">Who has sent them.</param>
    /// <param name="host">The same as text.</param>
    /// <param name="forwarded">The field by which he tells of somebody else, or null.</param>
    /// <param name="removed">The names of all of them.</param>
    public void Add(EndPoint? peer, string host, string? forwarded, IReadOnlyCollection<string> removed)
    {
        lock (_lock)
        {
            if (forwarded is not null && _networks.Count < MostNetworks && _networks.Add(NetworkOf(peer)))
            {
                string who = host.Length > 0 ? host : "unix";
                HttpLog.NotBelieved(logger, who, forwarded, who);
            }
            else if (forwarded is null && !_hasSaidName && removed.FirstOrDefault(static name => name.Contains('_', StringComparison.Ordinal)) is { } name)
            {
                _hasSaidName = true;
                HttpLog.UnderscoreDropped(logger, ControlText.Escape(name));
            }
        }
    }

    // Proxies of one kind are mostly neighbours.
    private static string NetworkOf(EndPoint? peer)
    {
        if (peer is not IPEndPoint ip)
        {
            return "unix";
        }

        byte[] bytes = AddressText.Unmapped(ip.Address).GetAddressBytes();
        return Convert.ToHexString(bytes, 0, bytes.Length == 4 ? 3 : 8);
    }
}
