using System.Net.WebSockets;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>WebSockets from .NET's client through the server to an ASGI application and back.</summary>
public sealed class WebSocketTests
{
    [Theory]
    [InlineData(null, 0)]
    [InlineData("sockets", 0)]
    [InlineData(null, 1)]
    public async Task Messages_OfAllSizes_ComeBackAsTheyWere(string? transport, int deflates)
    {
        await using HydraServer server = await StartAsync(transport is null ? [] : ["--transport", transport]);
        using ClientWebSocket client = await OpenAsync(server, "/echo", socket =>
        {
            socket.Options.AddSubProtocol("chat");
            socket.Options.DangerousDeflateOptions = deflates == 1 ? new WebSocketDeflateOptions() : null;
        });
        Assert.Equal("chat", client.SubProtocol);
        foreach (int size in new[] { 0, 1, 125, 126, 5000, 65_535, 65_536, 1_000_000 })
        {
            string text = new('ü', size / 2);
            await ClientSocket.SendAsync(client, text);
            Assert.Equal(text, await ClientSocket.ReceiveAsync(client));
        }

        // In pieces, the cut within a character.
        byte[] bytes = "aüb"u8.ToArray();
        await client.SendAsync(bytes.AsMemory(0, 2), WebSocketMessageType.Text, false, default);
        await client.SendAsync(bytes.AsMemory(2), WebSocketMessageType.Text, true, default);
        Assert.Equal("aüb", await ClientSocket.ReceiveAsync(client));
        await client.SendAsync(new byte[] { 0, 255, 7 }, WebSocketMessageType.Binary, true, default);
        byte[] back = new byte[10];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(back.AsMemory(), default);
        Assert.Equal((3, WebSocketMessageType.Binary, (byte)255), (received.Count, received.MessageType, back[1]));
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    [Fact]
    public async Task Close_ByTheClient_ReachesTheApplication()
    {
        await using HydraServer server = await StartAsync();
        string key = Board.NewKey();
        using ClientWebSocket client = await OpenAsync(server, $"/echo/{key}");
        await client.CloseAsync((WebSocketCloseStatus)4321, "gone fishing", default);

        Assert.Equal(["4321 gone fishing"], await server.Board.WaitAsync(key));
        Assert.Equal(4321, (int)client.CloseStatus!);
    }

    [Fact]
    public async Task Client_ThatLeaves_Is1006()
    {
        await using HydraServer server = await StartAsync();
        string key = Board.NewKey();
        ClientWebSocket client = await OpenAsync(server, $"/echo/{key}");
        client.Abort();
        client.Dispose();

        Assert.Equal(["1006"], await server.Board.WaitAsync(key));
    }

    [Theory]
    [InlineData("close", 4001, "as asked")]
    [InlineData("fail", 1011, "")]
    public async Task Close_ByTheApplication_ReachesTheClient(string text, int code, string reason)
    {
        await using HydraServer server = await StartAsync();
        using ClientWebSocket client = await OpenAsync(server, "/echo");
        await ClientSocket.SendAsync(client, text);

        Assert.Null(await ClientSocket.ReceiveAsync(client));
        Assert.Equal((code, reason), ((int)client.CloseStatus!, client.CloseStatusDescription ?? ""));
        if (text == "fail")
        {
            await server.Log.ExpectErrorAsync("ValueError: as asked");
        }
    }

    [Fact]
    public async Task Denial_Is403()
    {
        await using HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(
            "GET /deny HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        Assert.Equal(403, response.Status);
        Assert.Equal(200, (await connection.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
    }

    [Fact]
    public async Task Stop_SessionsAreToldToComeAgain_AndTheServerEnds()
    {
        await using HydraServer server = await StartAsync(["--stream-grace", "100ms"]);
        string key = Board.NewKey();
        using ClientWebSocket client = await OpenAsync(server, $"/echo/{key}");
        await ClientSocket.SendAsync(client, "here");
        Assert.Equal("here", await ClientSocket.ReceiveAsync(client));
        server.Signal(Processes.Terminate);

        Assert.Null(await ClientSocket.ReceiveAsync(client));
        Assert.Equal(1012, (int)client.CloseStatus!);
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal(["1012"], server.Board.Records(key));
    }

    [Fact]
    public async Task Reload_SessionsStayForTheirTime_ThenComeAgainToTheNewWorker()
    {
        await using HydraServer server = await StartAsync(["--drain-timeout", "8s"]);
        using ClientWebSocket client = await OpenAsync(server, "/echo");
        await ClientSocket.SendAsync(client, "pid");
        string? old = await ClientSocket.ReceiveAsync(client);
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("replaced in ");
        await ClientSocket.SendAsync(client, "pid");
        Assert.Equal(old, await ClientSocket.ReceiveAsync(client));

        Assert.Null(await ClientSocket.ReceiveAsync(client));
        Assert.Equal(1012, (int)client.CloseStatus!);
        using ClientWebSocket again = await OpenAsync(server, "/echo");
        await ClientSocket.SendAsync(again, "pid");
        Assert.NotEqual(old, await ClientSocket.ReceiveAsync(again));
    }

    [Fact]
    public async Task Worker_Killed_SessionsAreToldToComeAgain()
    {
        await using HydraServer server = await StartAsync();
        using ClientWebSocket client = await OpenAsync(server, "/echo");
        await ClientSocket.SendAsync(client, "pid");
        Processes.Signal(int.Parse((await ClientSocket.ReceiveAsync(client))!), Processes.Kill);

        Assert.Null(await ClientSocket.ReceiveAsync(client));
        Assert.Equal(1012, (int)client.CloseStatus!);
        await server.Log.ExpectErrorAsync("was ended by SIGKILL");
    }

    [Fact]
    public async Task Message_LongerThanMaxSize_Is1009()
    {
        await using HydraServer server = await StartAsync(["--ws-max-size", "64k"]);
        string key = Board.NewKey();
        using ClientWebSocket client = await OpenAsync(server, $"/echo/{key}");
        await ClientSocket.SendAsync(client, new string('x', 64 * 1024));
        Assert.Equal(64 * 1024, (await ClientSocket.ReceiveAsync(client))!.Length);
        await ClientSocket.SendAsync(client, new string('x', (64 * 1024) + 1));

        Assert.Null(await ClientSocket.ReceiveAsync(client));
        Assert.Equal(1009, (int)client.CloseStatus!);
        Assert.Equal(["1009"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Client_ThatTakesNothing_HoldsTheApplicationBack()
    {
        await using HydraServer server = await StartAsync();
        string key = Board.NewKey();
        ClientWebSocket client = await OpenAsync(server, $"/flood/{key}");
        IReadOnlyList<string> before = await server.Board.WaitAsync(key, 10);

        // It has come to a halt when nothing is added while a few hundred requests are served.
        while (true)
        {
            for (int i = 0; i < 300; i++)
            {
                await server.GetTextAsync("/");
            }

            IReadOnlyList<string> now = server.Board.Records(key);
            if (now.Count == before.Count)
            {
                break;
            }

            before = now;
            Assert.True(now.Count < 10_000, "the application is never held back");
        }

        client.Abort();
        client.Dispose();
        await Eventually.HoldsAsync(() => server.Board.Records(key)[^1] == "left", "the application to hear that the client has left");
    }

    private static Task<HydraServer> StartAsync(params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("sockets:app") { Arguments = arguments });

    private static async Task<ClientWebSocket> OpenAsync(HydraServer server, string path, Action<ClientWebSocket>? prepare = null)
    {
        var client = new ClientWebSocket();
        prepare?.Invoke(client);
        await client.ConnectAsync(new Uri($"ws://{server.Address.Authority}{path}"), default).WaitAsync(TimeSpan.FromSeconds(60));
        return client;
    }
}
