namespace Hydra.Configuration;

/// <content>HTTP and what it travels in.</content>
internal static partial class ForeignWords
{
    private static IReadOnlyList<TakenOption>? TakeHttp(string value) => value.Trim() switch
    {
        "1" => [new TakenOption("http-protocols", "h1")],
        "2" => [new TakenOption("http-protocols", "h2")],
        var text when text.Contains(':', StringComparison.Ordinal) => TakeSocket("http://", text),
        _ => [],
    };

    private static IReadOnlyList<TakenOption>? TakeCleartext(string value)
        => value.Trim().ToLowerInvariant() is "off" or "false" or "no" or "0" ? [] : [new TakenOption("http-protocols", "h1,h2")];

    // The names of uvicorn's implementations; "none" is another promise than the application's own, and so is a class of the user's.
    private static IReadOnlyList<TakenOption>? TakeSessions(string value)
        => value.Trim() is "auto" or "websockets" or "websockets-sansio" or "wsproto" ? [] : null;

    private const string IsStrict = "heads are taken as RFC 9112 has them, and no other way; there is no switch for it.";

    private static IEnumerable<ForeignWord> ProtocolWords =>
    [
        new()
        {
            Names = ["http"], HasValue = true, Take = TakeHttp, Taken = "granian's `1` is `--http-protocols h1`, `2` is `h2`, uWSGI's `:8080` is `--bind http://:8080`; all else is ignored: there is one parser, and it is not Python's",
        },
        Ignored("there is one parser, and it is not Python's", true, "http-parser"),
        new()
        {
            Names = ["http2-cleartext"], HasValue = true, Take = TakeCleartext, Taken = "`off`; else `--http-protocols h1,h2`",
        },
        new() { Names = ["http2"], HasValue = false, Take = static _ => [new TakenOption("http-protocols", "h1,h2")], Taken = "`--http-protocols h1,h2`" },
        new()
        {
            Names = ["http2-max-headers-size", "http2-max-header-list-size"], HasValue = true, Take = static value => [new TakenOption("limit-request-head", value)],
            Taken = "`--limit-request-head`, which holds for all versions",
        },
        Ignored("windows have the size that the options say", false, "http2-adaptive-window", "no-http2-adaptive-window"),
        Ignored("as much waits for a client as --buffer-response says", true, "http2-max-send-buffer-size"),
        new()
        {
            Names = ["ws"], HasValue = true, Take = TakeSessions, Taken = "`auto`, `websockets`, `websockets-sansio`, `wsproto`: there is one implementation, and it is not Python's",
            Answer = "takes auto, websockets, websockets-sansio or wsproto, and does nothing with them: there is one implementation, and no switch for it. An application without "
                + "WebSockets refuses them by itself.",
        },
        Ignored("as much waits for the application as it has credit for, in bytes", true, "ws-max-queue"),
        Refused("TLS 1.2 and 1.3 are spoken; --ssl-min-version 1.3 leaves the older one out.", true, "ssl-version"),
        Ignored("handshakes keep nobody waiting", false, "do-handshake-on-connect", "suppress-ragged-eofs"),
        Ignored("there is no `Server` field", false, "no-server-header"),
        Refused("there is no Server field; --header \"Server: name\" adds one.", false, "server-header"),
        Ignored("each response has a `Date`", false, "date-header"),
        Refused("each response has a Date field, as RFC 9110 (6.6.1) wants it; a proxy can take it away.", false, "no-date-header"),
        Ignored("a file travels as any response does", false, "no-sendfile"),
        Refused(IsStrict, false, "permit-obsolete-folding", "strip-header-spaces", "permit-unconventional-http-method",
            "permit-unconventional-http-version", "casefold-http-method"),
        Refused("--cancel-on-disconnect=SECONDS stops a request whose client has left.", true, "asgi-disconnect-grace-period"),
    ];
}
