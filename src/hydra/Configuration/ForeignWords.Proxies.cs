namespace Hydra.Configuration;

/// <content>What a proxy in front says of its clients.</content>
internal static partial class ForeignWords
{
    private static IEnumerable<ForeignWord> ProxyWords =>
    [
        new()
        {
            Names = ["proxy-protocol"],
            Answer = "the PROXY protocol is not spoken yet: let the proxy speak HTTP.",
        },
        Refused("the PROXY protocol is not spoken yet: let the proxy speak HTTP.", true, "proxy-allow-from"),
    ];
}
