using System.Net.WebSockets;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>WebSockets with what people install today: the newest frameworks, and clients that others have made.</summary>
public sealed class NewestSocketsTests(ServerPool pool) : PooledTests(pool)
{
    [NewestPackagesTheory]
    [InlineData("fastapi", 1)]
    [InlineData("fastapi", 2)]
    [InlineData("starlette", 1)]
    [InlineData("quart", 1)]
    [InlineData("litestar_app", 1)]
    [InlineData("falcon_app", 1)]
    [InlineData("channels", 1)]
    [InlineData("channels", 2)]
    [InlineData("channels_threaded", 1)]
    public async Task Framework_Echo_AndTheCodeOfTheEnd(string app, int workers)
    {
        HydraServer server = await StartAsync("sockets:" + app, workers);
        for (int i = 0; i < 4; i++)
        {
            string key = Board.NewKey();
            using var client = new ClientWebSocket();
            await client.ConnectAsync(new Uri($"ws://{server.Address.Authority}/ws/{key}"), default).WaitAsync(Eventually.Limit);
            await SendAsync(client, "grüße");
            Assert.Equal("grüße", await ReceiveAsync(client));
            await client.CloseAsync((WebSocketCloseStatus)4001, "bye", default).WaitAsync(Eventually.Limit);

            Assert.Equal(["4001"], await server.Board.WaitAsync(key));
            Assert.Equal(4001, (int)client.CloseStatus!);
        }
    }

    [NewestPackagesTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Strawberry_Subscription_IsServed(int workers)
    {
        HydraServer server = await StartAsync("sockets:graphql", workers);
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("graphql-transport-ws");
        await client.ConnectAsync(new Uri($"ws://{server.Address.Authority}/"), default).WaitAsync(Eventually.Limit);
        await SendAsync(client, """{"type":"connection_init"}""");
        Assert.Contains("connection_ack", await ReceiveAsync(client), StringComparison.Ordinal);
        await SendAsync(client, """{"id":"1","type":"subscribe","payload":{"query":"subscription { count(to: 3) }"}}""");
        for (int i = 0; i < 3; i++)
        {
            Assert.Contains($"\"count\":{i}", await ReceiveAsync(client), StringComparison.Ordinal);
        }

        Assert.Contains("complete", await ReceiveAsync(client), StringComparison.Ordinal);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).WaitAsync(Eventually.Limit);
    }

    [NewestPackagesTheory]
    [InlineData("websockets", null)]
    [InlineData("websockets", "sockets")]
    [InlineData("wsproto", null)]
    [InlineData("aiohttp", null)]
    public async Task Client_AllSizesPingsAndCloses_AreAsItExpects(string client, string? transport)
    {
        HydraServer server = await StartAsync("sockets:fastapi", 1, transport);
        await RunAsync(client, $"ws://{server.Address.Authority}/ws/{Board.NewKey()}");
    }

    [NewestPackagesTheory]
    [InlineData("socketio", 1)]
    [InlineData("socketio", 2)]
    [InlineData("socketio_upgrading", 1)]
    public async Task SocketIo_Events_GoBothWays(string client, int workers)
    {
        HydraServer server = await StartAsync("socketio_app:app", workers);
        await RunAsync(client, $"http://{server.Address.Authority}");
    }

    private static async Task RunAsync(string client, string url)
    {
        using var directory = new TestDirectory();
        await using var command = new RunningCommand(
            [NewestPackages.Python, Path.Combine(Repository.Apps, "newest", "socket_clients.py"), client, url], directory.Path, []);
        Assert.True(await command.ExitAsync() == 0, command.Log.Text);
    }

    private static Task SendAsync(ClientWebSocket client, string text)
        => client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    private static async Task<string> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[1000];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(Eventually.Limit);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    private Task<HydraServer> StartAsync(string app, int workers, string? transport = null)
    {
        var spec = new ServerSpec("newest." + app) { Python = NewestPackages.Python, Workers = workers };
        return Pool.GetAsync(transport is null ? spec : spec with { Transport = transport });
    }
}
