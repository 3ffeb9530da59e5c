using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>What those see of WebSockets who run the server: load, metrics, the access log, workers that fail.</summary>
public sealed class WebSocketOperationTests
{
    [Fact]
    public async Task Sessions_AreNoLoad_AndAreCounted()
    {
        await using HydraServer server = await StartAsync("--metrics", "127.0.0.1:0", "--access-log", "--limit-concurrency", "1");
        var clients = new List<ClientWebSocket>();
        for (int i = 0; i < 50; i++)
        {
            clients.Add(await OpenAsync(server));
        }

        await SendAsync(clients[0], "four");
        Assert.Equal("four", await ReceiveAsync(clients[0]));
        for (int i = 0; i < 20; i++)
        {
            await server.GetTextAsync("/");
        }

        Dictionary<string, double> samples = await SamplesAsync(server);
        Assert.Equal(50, samples["hydra_worker_websockets{worker=\"0\"}"]);
        Assert.Equal(0, samples["hydra_worker_requests{worker=\"0\"}"]);
        Assert.Equal((1, 1), (samples["hydra_websocket_messages_total{direction=\"in\"}"], samples["hydra_websocket_messages_total{direction=\"out\"}"]));
        Assert.Equal((4, 4), (samples["hydra_websocket_bytes_total{direction=\"in\"}"], samples["hydra_websocket_bytes_total{direction=\"out\"}"]));
        Assert.Equal(20, samples["hydra_request_duration_seconds_count"]);

        foreach (ClientWebSocket client in clients)
        {
            await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).WaitAsync(Eventually.Limit);
            client.Dispose();
        }

        // The first has sent four bytes; a session is a line when it is over.
        await Eventually.HoldsAsync(
            () => server.Log.Output.Count(static line => line.Contains("\"GET /echo HTTP/1.1\" 101 ", StringComparison.Ordinal)) == 50, "a line for each");
        Assert.Single(server.Log.Output, static line => line.Contains("\"GET /echo HTTP/1.1\" 101 4 ", StringComparison.Ordinal));
        Assert.Equal(0, (await SamplesAsync(server))["hydra_worker_websockets{worker=\"0\"}"]);
    }

    [Fact]
    public async Task Sessions_AThousandIdle_AreServedAndHoldHardlyAnything()
    {
        const int Count = 1000;

        // However long it takes, nobody is asked whether it is still there.
        await using HydraServer server = await StartAsync("--ws-ping-interval", "0");
        await using (RawConnection first = await ConnectAsync(server))
        {
            Assert.Equal("hi", await EchoAsync(first));
        }

        int worker = server.WorkerPids().Single();
        (long front, long python) = (Processes.Resident(server.FrontPid()), Processes.Resident(worker));
        var connections = new List<RawConnection>();
        for (int i = 0; i < Count; i++)
        {
            connections.Add(await ConnectAsync(server));
            Assert.Equal("hi", await EchoAsync(connections[i]));
        }

        // For each, in bytes: the bounds are generous, for the heap of .NET grows in steps.
        Assert.InRange((Processes.Resident(server.FrontPid()) - front) / Count, 0, 40_000);
        Assert.InRange((Processes.Resident(worker) - python) / Count, 0, 20_000);
        foreach (RawConnection connection in connections)
        {
            Assert.Equal("hi", await EchoAsync(connection));
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task Worker_ThatHangs_IsReplacedAndItsSessionsAreToldToComeAgain()
    {
        await using HydraServer server = await StartAsync("--worker-timeout", "1s");
        using ClientWebSocket idle = await OpenAsync(server);
        Processes.Signal(server.WorkerPids().Single(), Processes.Stop);

        Assert.Null(await ReceiveAsync(idle));
        Assert.Equal(1012, (int)idle.CloseStatus!);
        using ClientWebSocket again = await OpenAsync(server);
        await SendAsync(again, "here");
        Assert.Equal("here", await ReceiveAsync(again));
        server.Log.ExpectAnyErrors("worker 0");
    }

    private static Task<HydraServer> StartAsync(params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("sockets:app") { Arguments = arguments });

    private static async Task<ClientWebSocket> OpenAsync(HydraServer server)
    {
        var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://{server.Address.Authority}/echo"), default).WaitAsync(Eventually.Limit);
        return client;
    }

    private static Task SendAsync(ClientWebSocket client, string text)
        => client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    // The next message, a short one; null for a close.
    private static async Task<string?> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[1000];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(Eventually.Limit);
        return received.MessageType is WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    private static async Task<RawConnection> ConnectAsync(HydraServer server)
    {
        RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync(
            "/echo", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        await connection.ReadHeadAsync();
        return connection;
    }

    private static async Task<string> EchoAsync(RawConnection connection)
    {
        await connection.SendAsync(new byte[] { 0x81, 0x82, 0, 0, 0, 0, (byte)'h', (byte)'i' });
        byte[] frame = await connection.ReadUpToAsync(4);
        return Encoding.ASCII.GetString(frame, 2, frame.Length - 2);
    }

    private static async Task<Dictionary<string, double>> SamplesAsync(HydraServer server)
    {
        using var client = new HttpClient { BaseAddress = new Uri((await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim()) };
        string text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => !line.StartsWith('#'))
            .ToDictionary(
                static line => line[..line.LastIndexOf(' ')],
                static line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture),
                StringComparer.Ordinal);
    }
}
