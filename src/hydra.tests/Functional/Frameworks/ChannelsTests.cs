using System.Net.WebSockets;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>Channels, with Debian's packages.</summary>
public sealed class ChannelsTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [InlineData("room")]
    [InlineData("threaded")]
    public async Task Group_WhatOneSays_AllHear(string kind)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("channels_app:app"));
        string room = Board.NewKey();
        using ClientWebSocket one = await ClientSocket.OpenAsync(server.Address, $"/{kind}/{room}");
        using ClientWebSocket other = await ClientSocket.OpenAsync(server.Address, $"/{kind}/{room}");
        Assert.Equal("grüße", await ClientSocket.AskAsync(one, "grüße"));
        Assert.Equal("grüße", await ReceiveAsync(other));
        await one.CloseAsync((WebSocketCloseStatus)4001, "bye", default);
        Assert.Equal(["4001"], await server.Board.WaitAsync(room));

        // Who has left is no member any more.
        Assert.Equal("alone", await ClientSocket.AskAsync(other, "alone"));
        await other.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        Assert.Equal(["4001", "1000"], await server.Board.WaitAsync(room, 2));
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Views_BesideConsumers_AreServed(string transport, int workers)
    {
        HydraServer server = await Pool.GetAsync(Matrix.Spec("channels_app:app", transport, workers));

        Assert.Equal("hello from django", await server.GetTextAsync("/"));
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, $"/room/{Board.NewKey()}");
        Assert.Equal("here", await ClientSocket.AskAsync(client, "here"));
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[1000];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(Eventually.Limit);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, received.Count);
    }
}
