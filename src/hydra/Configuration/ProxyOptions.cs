using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>What proxies in front of the server are believed.</summary>
internal sealed record ProxyOptions
{
    /// <summary>X-Forwarded-… and Forwarded are looked at, and kept from applications where the peer is not trusted.</summary>
    public bool ReadsHeaders { get; init; } = true;

    /// <summary>Whose are believed.</summary>
    public PeerList Trusted { get; init; } = PeerList.Local;

    /// <summary>Which are believed.</summary>
    public ForwardedAspects Aspects { get; init; } = ForwardedAspects.For | ForwardedAspects.Proto;

    /// <summary>What becomes of names with an underscore.</summary>
    public HeaderMap HeaderMap { get; init; }

    /// <summary>Versions of the PROXY protocol in which proxies name their clients; none where they do not.</summary>
    public ProxyVersions Versions { get; init; }

    /// <summary>The proxies that do.</summary>
    public PeerList ProtocolPeers { get; init; } = PeerList.Local;

    /// <summary>Addresses that do not say otherwise speak the uwsgi protocol.</summary>
    public bool SpeaksUwsgi { get; init; }

    /// <summary>Who may speak it.</summary>
    public PeerList UwsgiPeers { get; init; } = PeerList.Local;

    /// <summary>Such names that may come from trusted peers, in lower case, with commas between them.</summary>
    public string ForwarderHeaders { get; init; } = "";
}
