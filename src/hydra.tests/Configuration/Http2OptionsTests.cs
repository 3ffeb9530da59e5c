using System.Net.Security;
using Hydra.Configuration;
using Hydra.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>What the options about HTTP/2 amount to, under the names of granian and gunicorn.</summary>
public sealed class Http2OptionsTests
{
    [Theory]
    [InlineData("h1", HttpVersions.Http1)]
    [InlineData("h2", HttpVersions.Http2)]
    [InlineData("h2, h1", HttpVersions.Both)]
    internal void Protocols_Versions_AreRead(string text, HttpVersions expected)
        => Assert.Equal(expected, Parsing.Run("main:app", "--http-protocols", text).Server.Http2.Versions);

    [Theory]
    [InlineData("h1,h2,h3", HttpVersions.Both)]
    [InlineData("h3,h2", HttpVersions.Http2)]
    [InlineData("h3 , h1", HttpVersions.Http1)]
    internal void Protocols_WithTheNewest_HaveItBesideTheOthers(string text, HttpVersions others)
    {
        Http2Options options = Parsing.Run("main:app", "--http-protocols", text, "--ssl-self-signed").Server.Http2;

        Assert.Equal((others, true), (options.Versions, options.HasHttp3));
    }

    [Theory]
    [InlineData("1", HttpVersions.Http1)]
    [InlineData("2", HttpVersions.Http2)]
    internal void Http_OfGranian_IsTaken(string text, HttpVersions expected)
        => Assert.Equal(expected, Parsing.Run("main:app", "--http", text).Server.Http2.Versions);

    [Fact]
    public void Http_Auto_IsTheDefault() => Assert.Equal(new Http2Options(), Parsing.Run("main:app", "--http", "auto").Server.Http2);

    [Fact]
    public void Apply_EachOption_IsKestrels()
    {
        ServerOptions server = Parsing.Run(
            "main:app", "--http2-max-concurrent-streams", "7", "--http2-initial-connection-window-size", "2m", "--http2-initial-window-size", "70000",
            "--http2-max-frame-size", "32k", "--http2-keep-alive-interval", "5s", "--http2-keep-alive-timeout", "6s", "--http2-max-headers-size", "5000").Server;
        var kestrel = new KestrelServerOptions();
        Http2Rules.Apply(server.Http2, server.Clients, kestrel);

        Http2Limits limits = kestrel.Limits.Http2;
        Assert.Equal((7, 2 * 1024 * 1024, 70_000, 32 * 1024), (limits.MaxStreamsPerConnection, limits.InitialConnectionWindowSize, limits.InitialStreamWindowSize, limits.MaxFrameSize));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6)), (limits.KeepAlivePingDelay, limits.KeepAlivePingTimeout));
        Assert.Equal((5000, 5000), (server.Clients.LimitHead, limits.MaxRequestHeaderFieldSize));
    }

    [Fact]
    public void KeepAliveInterval_InMillisecondsAsGranianHasIt_IsRefusedRatherThanTakenForSeconds()
        => Assert.Contains("is not between", Assert.Single(Parsing.Errors("main:app", "--http2-keep-alive-interval", "10000")), StringComparison.Ordinal);

    [Fact]
    public void Offered_Versions_AreThoseOfAlpn()
    {
        Assert.Equal([SslApplicationProtocol.Http11], Http2Rules.Offered(HttpVersions.Http1));
        Assert.Equal([SslApplicationProtocol.Http2], Http2Rules.Offered(HttpVersions.Http2));
        Assert.Equal([SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], Http2Rules.Offered(HttpVersions.Both));
        Assert.Equal(HttpProtocols.Http1, Http2Rules.Protocols(HttpVersions.Both, isTls: false));
        Assert.Equal(HttpProtocols.Http1AndHttp2, Http2Rules.Protocols(HttpVersions.Both, isTls: true));
    }
}
