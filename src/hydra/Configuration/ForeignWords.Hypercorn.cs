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
        As("log-file", "error-log"),
        Refused("--allowed-host names the hosts that are served.", true, "server-name"),
        new()
        {
            Names = ["insecure-bind"], HasValue = true, Take = TakeInsecure, Taken = "`--bind http://ADDRESS`, also of `unix:PATH`",
            Answer = "needs an address, such as 0.0.0.0:80; a socket that is open already is --bind fd://N.",
        },
        Refused("HTTP/3 is spoken beside TLS, at the same number of a port: --http-protocols h1,h2,h3.", true, "quic-bind"),
    ];

    // Without TLS, whatever the other addresses have.
    private static IReadOnlyList<TakenOption>? TakeInsecure(string value)
    {
        string address = value.Trim();
        return address.Length == 0 || address.StartsWith("fd://", StringComparison.Ordinal) ? null : [new TakenOption("bind", "http://" + address)];
    }
}
