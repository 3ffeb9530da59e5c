using Hydra.Configuration;
using Hydra.Http;

namespace Hydra.Hosting;

/// <summary>What the options say about WebSockets, for those who carry it out.</summary>
internal static class SessionRules
{
    /// <summary>What holds for sessions.</summary>
    public static SessionBounds Of(WebSocketSection options) => new()
    {
        MaxMessage = options.MaxSize,
        PingInterval = options.PingInterval,
        PingTimeout = options.PingTimeout,
        Deflates = options.Deflates,
    };
}
