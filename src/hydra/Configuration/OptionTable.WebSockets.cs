namespace Hydra.Configuration;

/// <content>WebSockets. All names are those of other servers.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> WebSocketRows =>
    [
        new()
        {
            Name = "ws-max-size", Aliases = ["websocket-max-message-size"], Placeholder = "SIZE", Default = "16m", Group = OptionGroup.WebSockets,
            Help = "Close a WebSocket with 1009 when its client sends a longer message. 0 takes any.",
            Binder = Section.WebSockets.Size(0, Tebibyte, static (o, v) => o with { MaxSize = v }),
        },
        new()
        {
            Name = "ws-ping-interval", Placeholder = "TIME", Default = "20s", Group = OptionGroup.WebSockets,
            Help = "How often the client of a WebSocket is asked whether it is still there. 0 never.",
            Binder = Section.WebSockets.Duration(TimeSpan.Zero, static (o, v) => o with { PingInterval = v }),
        },
        new()
        {
            Name = "ws-ping-timeout", Placeholder = "TIME", Default = "20s", Group = OptionGroup.WebSockets,
            Help = "How long it may take to answer; then the connection is closed. 0 for ever.",
            Binder = Section.WebSockets.Duration(TimeSpan.Zero, static (o, v) => o with { PingTimeout = v }),
        },
        new()
        {
            Name = "ws-per-message-deflate", Placeholder = "BOOL", Default = "true", Group = OptionGroup.WebSockets,
            Help = "Compress the messages of WebSockets whose clients offer it.",
            Binder = Section.WebSockets.Switch(static (o, v) => o with { Deflates = v }),
        },
    ];
}
