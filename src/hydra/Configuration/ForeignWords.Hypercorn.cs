namespace Hydra.Configuration;

/// <content>What hypercorn alone has.</content>
internal static partial class ForeignWords
{
    private static IEnumerable<ForeignWord> HypercornWords =>
    [
        Refused("give --log-level debug, and --env PYTHONASYNCIODEBUG=1 for the event loop.", false, "debug"),
        As("ssl-keyfile-password", "keyfile-password"),
        As("ssl-cert-reqs", "verify-mode"),
        As("ws-ping-interval", "websocket-ping-interval"),
        Refused("--header-timeout is for heads, --body-timeout for bodies, --keep-alive for idle connections.", true, "read-timeout"),
        Refused("HTTP/3 is not spoken. A proxy that speaks it may stand in front.", true, "quic-bind"),
    ];
}
