namespace Hydra.Configuration;

/// <content>What a proxy in front says of its clients.</content>
internal static partial class ForeignWords
{
    private static IEnumerable<ForeignWord> ProxyWords =>
    [
        Ignored("X-Forwarded-… is not looked at yet", false, "no-proxy-headers"),
        Refused(NoProxyHeaders, false, "proxy-headers"),
        Refused(NoProxyHeaders, true, "forwarded-allow-ips", "forwarder-headers"),
        new()
        {
            Names = ["proxy-protocol"],
            Answer = "the PROXY protocol is not spoken yet: let the proxy speak HTTP.",
        },
        Refused("the PROXY protocol is not spoken yet: let the proxy speak HTTP.", true, "proxy-allow-from"),
    ];
}
