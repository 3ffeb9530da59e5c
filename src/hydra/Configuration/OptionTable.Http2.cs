namespace Hydra.Configuration;

/// <content>HTTP/2. The names are granian's, and those of gunicorn are taken too.</content>
internal static partial class OptionTable
{
    // RFC 9113, sections 6.5.2 and 6.9.1.
    private const int LeastWindow = 65_535;
    private const int LargestFrame = 16_777_215;

    private static IEnumerable<Option> Http2Rows =>
    [
        new()
        {
            Name = "http-protocols", Placeholder = "h1,h2,h3", Default = DefaultProtocols, Group = OptionGroup.Http2,
            Help = "The versions of HTTP that are spoken, such as h1, h2 or h1,h2. Over TLS clients choose (ALPN); without it a connection that begins as HTTP/2 does is taken for that. "
                + "h1,h2,h3 adds HTTP/3 at the addresses with TLS, by UDP, where libmsquic is installed.",
            Binder = Section.Http2.Choice(
                [
                    ("h1", HttpVersions.Http1), ("h2", HttpVersions.Http2), ("h1,h2", HttpVersions.Both),
                    ("h1,h3", HttpVersions.Http1 | HttpVersions.Http3), ("h2,h3", HttpVersions.Http2 | HttpVersions.Http3), ("h1,h2,h3", HttpVersions.Both | HttpVersions.Http3),
                ],
                static (o, v) => o with { Versions = v & HttpVersions.Both, HasHttp3 = v.HasFlag(HttpVersions.Http3) },
                static text => string.Join(',', text.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal))),
        },
        new()
        {
            Name = "http2-max-concurrent-streams", Placeholder = "N", Default = "100", Group = OptionGroup.Http2,
            Help = "Requests at a time on one connection.",
            Binder = Section.Http2.Integer(1, 1_000_000, static (o, v) => o with { MaxStreams = v }),
        },
        new()
        {
            Name = "http2-initial-connection-window-size", Placeholder = "SIZE", Default = "1m", Group = OptionGroup.Http2,
            Help = "What a client may send on one connection before it is read.",
            Binder = Section.Http2.Size(LeastWindow, int.MaxValue, static (o, v) => o with { ConnectionWindow = (int)v }),
        },
        new()
        {
            Name = "http2-initial-stream-window-size", Aliases = ["http2-initial-window-size"], Placeholder = "SIZE", Default = "768k", Group = OptionGroup.Http2,
            Help = "What a client may send of one request before it is read.",
            Binder = Section.Http2.Size(LeastWindow, int.MaxValue, static (o, v) => o with { StreamWindow = (int)v }),
        },
        new()
        {
            Name = "http2-max-frame-size", Placeholder = "SIZE", Default = "16k", Group = OptionGroup.Http2,
            Help = "What a client may put into one frame.",
            Binder = Section.Http2.Size(16 * 1024, LargestFrame, static (o, v) => o with { MaxFrame = (int)v }),
        },
        new()
        {
            Name = "http2-keep-alive-interval", Placeholder = "TIME", Default = "0", Group = OptionGroup.Http2,
            Help = "How long a connection may be silent before it is asked (PING) whether its client is there. 0 never asks. A number alone is seconds, "
                + "not granian's milliseconds.",
            Binder = Section.Http2.Duration(TimeSpan.Zero, TimeSpan.FromHours(1), static (o, v) => o with { KeepAliveInterval = v }),
        },
        new()
        {
            Name = "http2-keep-alive-timeout", Placeholder = "TIME", Default = "20s", Group = OptionGroup.Http2,
            Help = "How long the answer to that may take.",
            Binder = Section.Http2.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), static (o, v) => o with { KeepAliveTimeout = v }),
        },
    ];
}
