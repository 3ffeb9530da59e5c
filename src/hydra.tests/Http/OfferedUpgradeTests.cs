using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="OfferedUpgrade"/>.</summary>
public sealed class OfferedUpgradeTests
{
    [Theory]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", "connection a")]
    [InlineData("Connection: Upgrade\r\nUpgrade: thing\r\n", "connection upgrade a")]
    [InlineData("Connection: HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n", "connection a")]
    [InlineData("Connection: keep-alive\r\n", "connection a")]
    [InlineData("", "a")]
    public async Task PassOver_FieldsOfTheOffer_DoNotReachTheWorker(string fields, string expected)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: h\r\n{fields}A: b\r\n\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        Assert.Equal("host " + expected, string.Join(' ', request.Headers.Select(static header => header.Name)));
        host.Worker.Respond(request.Id);
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
    }

    // RFC 9110, section 7.8; RFC 6455, section 4.2.1: a handshake is of HTTP/1.1.
    [Theory]
    [InlineData("websocket")]
    [InlineData("thing")]
    public async Task PassOver_OfferInHttp10_IsNone(string protocol)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        await using RawConnection client = await RawConnection.OpenAsync(host.EndPoint.Port);
        await client.SendAsync(
            $"GET / HTTP/1.0\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        SentRequest request = await host.Worker.NextRequestAsync();
        Assert.DoesNotContain("upgrade", request.Headers.Select(static header => header.Name));
        host.Worker.Respond(request.Id);
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        Assert.True(await client.HasEndedAsync());
    }
}
