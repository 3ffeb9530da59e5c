using System.Net.Security;
using Hydra.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Hosting;

/// <summary>What the options say about HTTP/2, for Kestrel.</summary>
internal static class Http2Rules
{
    /// <summary>Sets bounds and pings.</summary>
    public static void Apply(Http2Options options, ClientOptions clients, KestrelServerOptions kestrel)
    {
        Http2Limits limits = kestrel.Limits.Http2;
        limits.MaxStreamsPerConnection = options.MaxStreams;
        limits.InitialConnectionWindowSize = options.ConnectionWindow;
        limits.InitialStreamWindowSize = options.StreamWindow;
        limits.MaxFrameSize = options.MaxFrame;
        limits.KeepAlivePingDelay = options.KeepAliveInterval > TimeSpan.Zero ? options.KeepAliveInterval : Timeout.InfiniteTimeSpan;
        limits.KeepAlivePingTimeout = options.KeepAliveTimeout;

        // Kestrel has a bound of its own for a single field.
        limits.MaxRequestHeaderFieldSize = clients.LimitField > 0 ? clients.LimitField : clients.LimitHead;

        // A proxy in front may have the scheme of its own client there (RFC 9113, section 8.3.1). MultiplexedRules sees that it is one of HTTP's.
        kestrel.AllowAlternateSchemes = true;
    }

    /// <summary>What clients may choose from over TLS, the best first (ALPN).</summary>
    public static List<SslApplicationProtocol> Offered(HttpVersions versions) => versions switch
    {
        HttpVersions.Http1 => [SslApplicationProtocol.Http11],
        HttpVersions.Http2 => [SslApplicationProtocol.Http2],
        _ => [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
    };

    /// <summary>What an endpoint speaks, for Kestrel: without TLS HTTP/2 is chosen for single connections.</summary>
    public static HttpProtocols Protocols(HttpVersions versions, bool isTls) => versions switch
    {
        HttpVersions.Http1 => HttpProtocols.Http1,
        HttpVersions.Http2 => HttpProtocols.Http2,
        _ => isTls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1,
    };
}
