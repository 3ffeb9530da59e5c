using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class WebSocketHandshakeTests
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    [Theory]
    [InlineData("GET", "websocket", "Upgrade", true, true)]
    [InlineData("GET", "websocket", "Upgrade", true, false, "HTTP/1.0")]
    [InlineData("GET", "h2c, WebSocket", "keep-alive, upgrade", true, true)]
    [InlineData("GET", "websocket", "keep-alive", true, false)]
    [InlineData("GET", "h2c", "upgrade", true, false)]
    [InlineData("GET", "websockets", "upgrade", true, false)]
    [InlineData("POST", "websocket", "upgrade", true, false)]
    [InlineData("GET", "websocket", "upgrade", false, false)]
    public void IsAskedFor_FieldsMethodAndVersion_AreLookedAt(string method, string upgrade, string connection, bool isUpgradable, bool expected, string protocol = "HTTP/1.1")
    {
        HttpRequest request = Request(isUpgradable);
        request.Protocol = protocol;
        request.Method = method;
        request.Headers.Upgrade = upgrade;
        request.Headers.Connection = connection;

        Assert.Equal(expected, WebSocketHandshake.IsAskedFor(request));
    }

    [Theory]
    [InlineData("13", Key, nameof(Failure.None))]
    [InlineData("8", Key, nameof(Failure.OtherWebSocket))]
    [InlineData(null, Key, nameof(Failure.OtherWebSocket))]
    [InlineData("13", null, nameof(Failure.BadHandshake))]
    [InlineData("13", "dGhlIHNhbXBsZSBub25jZQ", nameof(Failure.BadHandshake))]
    [InlineData("13", "not base64 but 24 long!!", nameof(Failure.BadHandshake))]
    public void Check_VersionAndKey_AreLookedAt(string? version, string? key, string expected)
    {
        HttpRequest request = Request(true);
        request.Headers.SecWebSocketVersion = version;
        request.Headers.SecWebSocketKey = key;

        Assert.Equal(expected, WebSocketHandshake.Check(request).ToString());
    }

    [Fact]
    public void AcceptOf_ExampleOfTheRfc_IsIts() => Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WebSocketHandshake.AcceptOf(Key));

    [Theory]
    [InlineData(true, "permessage-deflate", true)]
    [InlineData(true, null, false)]
    [InlineData(false, "permessage-deflate", false)]
    public void Answer_Compression_IsWhatBothSidesWant(bool wants, string? offer, bool expected)
    {
        HttpRequest request = Request(true);
        request.Headers.SecWebSocketKey = Key;
        request.Headers.SecWebSocketExtensions = offer;

        Assert.Equal(expected, WebSocketHandshake.Answer(request.HttpContext, "chat", wants));
        IHeaderDictionary headers = request.HttpContext.Response.Headers;
        Assert.Equal("websocket chat", $"{headers.Upgrade} {headers.SecWebSocketProtocol}");
        Assert.Equal(expected, headers.SecWebSocketExtensions.Count == 1);
    }

    private static HttpRequest Request(bool isUpgradable)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpUpgradeFeature>(new Upgradable(isUpgradable));
        return context.Request;
    }

    private sealed class Upgradable(bool isUpgradable) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => isUpgradable;

        public Task<Stream> UpgradeAsync() => throw new NotSupportedException();
    }
}
