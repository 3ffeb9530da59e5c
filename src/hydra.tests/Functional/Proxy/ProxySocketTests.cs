using System.Net.WebSockets;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Proxy;

/// <summary>WebSockets between clients and a program (--interface proxy).</summary>
public sealed class ProxySocketTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Messages_OfAllSizes_ComeBackAsTheyWere()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("other");
        client.Options.AddSubProtocol("chat");
        client.Options.SetRequestHeader("X-Ask", "this");
        client.Options.CollectHttpResponseDetails = true;
        await client.ConnectAsync(new Uri($"ws://{server.Address.Authority}/socket"), default);

        Assert.Equal("chat", client.SubProtocol);
        Assert.Equal(["this"], client.HttpResponseHeaders!["X-Session"]);
        foreach (int size in new[] { 0, 1, 125, 126, 5000, 65_535, 65_536, 1_000_000 })
        {
            string text = new('ü', size / 2);
            Assert.Equal(text, await ClientSocket.AskAsync(client, text));
        }

        byte[] bytes = [0, 255, 7];
        await client.SendAsync(bytes, WebSocketMessageType.Binary, true, default);
        byte[] back = new byte[10];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(back.AsMemory(), default);
        Assert.Equal((3, WebSocketMessageType.Binary, true), (received.Count, received.MessageType, received.EndOfMessage));
        Assert.Equal(bytes, back[..3]);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    [Fact]
    public async Task Ping_OfTheProgram_IsAnswered()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/socket");
        await client.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, default);

        Assert.Equal("still here", await ClientSocket.AskAsync(client, "still here"));
    }

    [Theory]
    [InlineData("close", 4001, "as asked")]
    [InlineData("close without", 1005, "")]
    [InlineData("abort", 1011, "")]
    public async Task Close_ByTheProgram_ReachesTheClient(string text, int code, string reason)
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        await using RawConnection client = await server.ConnectAsync();
        await client.GetAsync("/socket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        Assert.Equal("HTTP/1.1 101 Switching Protocols", (await client.ReadHeadAsync()).StatusLine);
        byte[] payload = System.Text.Encoding.ASCII.GetBytes(text);
        await client.SendAsync((byte[])[0x81, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload]);

        byte[] head = await client.ReadUpToAsync(2);
        Assert.Equal((0x88, code == 1005 ? 0 : 2 + reason.Length), (head[0], head[1]));
        byte[] close = await client.ReadUpToAsync(head[1]);
        Assert.Equal(reason, code == 1005 ? "" : System.Text.Encoding.ASCII.GetString(close[2..]));
        Assert.Equal(code, code == 1005 ? 1005 : (close[0] << 8) | close[1]);
    }

    [Fact]
    public async Task Close_ByTheClient_ReachesTheProgram()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        string key = Board.NewKey();
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, $"/socket?key={key}");
        await client.CloseAsync((WebSocketCloseStatus)4321, "gone fishing", default);

        Assert.Equal(["4321"], await server.Board.WaitAsync(key));
        Assert.Equal(4321, (int)client.CloseStatus!);
    }

    [Fact]
    public async Task Client_ThatLeaves_IsNoClose()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        string key = Board.NewKey();
        ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, $"/socket?key={key}");
        client.Abort();
        client.Dispose();

        Assert.Equal(["1006"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Handshake_DeniedByTheProgram_IsItsResponse()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        await using RawConnection client = await server.ConnectAsync();
        await client.GetAsync("/socket?deny", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        RawResponse response = await client.ReadResponseAsync();

        Assert.Equal((401, "because", "who are you?"), (response.Status, response.Value("X-Why"), response.Text));
    }
}
