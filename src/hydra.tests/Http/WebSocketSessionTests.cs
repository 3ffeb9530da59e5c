using System.Net.WebSockets;
using System.Text;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>
/// <see cref="WebSocketSession"/> and <see cref="WebSocketExchange"/>, with .NET's client at one end and a fake worker at the other. Bounds are
/// those of <see cref="SessionBounds"/>.
/// </summary>
public sealed class WebSocketSessionTests : IAsyncLifetime
{
    private FrontHost _host = null!;

    private FakeUpstream Worker => _host.Worker;

    public async Task InitializeAsync()
    {
        _host = await FrontHost.StartAsync();
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Session_MessagesBothWays_ThenTheClientCloses()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket _ = client;
        await client.SendAsync("up"u8.ToArray(), WebSocketMessageType.Text, true, default);
        Assert.Equal(("up", FrameFlags.Text), await Worker.NextDataAsync(id));
        Worker.SendData(id, "down"u8, FrameFlags.Text);
        Assert.Equal("down", await ReceiveAsync(client));
        Assert.Equal((0, 1), (Worker.Handle.InFlight, Worker.Handle.Sessions));

        Task closing = client.CloseAsync((WebSocketCloseStatus)4000, "bye", default);
        Assert.Equal(((ushort)4000, "bye"), await Worker.ClosedAsync(id));
        await closing.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((4000, "bye"), ((int)client.CloseStatus!, client.CloseStatusDescription));
        Worker.Reset(id, ResetReason.Cancelled);
        Assert.Equal(0, Worker.Handle.Sessions);
    }

    [Fact]
    public async Task Accept_SubprotocolAndFields_AreInTheAnswer()
    {
        using RawClient client = _host.Connect();
        await client.SendAsync(Handshake);
        SentRequest request = await Worker.NextRequestAsync();
        Assert.Equal(FrameFlags.Session | FrameFlags.End, request.Flags);
        Worker.Accept(request.Id, "chat", ("x-a", "1"), ("sec-websocket-accept", "no"), ("connection", "close"), ("content-length", "3"));
        string head = await client.ReadHeadAsync() + "\r\n";

        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nSec-WebSocket-Protocol: chat\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nx-a: 1\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nConnection: Upgrade\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("close", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Content-Length", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("", "chat")]
    [InlineData("other", "other")]
    public async Task Accept_SubprotocolAmongTheFields_IsOne(string subprotocol, string expected)
    {
        using RawClient client = _host.Connect();
        await client.SendAsync(Handshake);
        Worker.Accept((await Worker.NextRequestAsync()).Id, subprotocol, ("Sec-WebSocket-Protocol", "chat"));

        string[] lines = (await client.ReadHeadAsync()).Split("\r\n");
        Assert.Equal([$"Sec-WebSocket-Protocol: {expected}"], lines.Where(static line => line.StartsWith("Sec-WebSocket-Protocol", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [InlineData("a b", "x-a", "1")]
    [InlineData("", "x a", "1")]
    [InlineData("", "x-a", "1\r\nx-b: 2")]
    public async Task Accept_WhatCannotBeSent_Is500(string subprotocol, string name, string value)
    {
        using RawClient client = _host.Connect();
        await client.SendAsync(Handshake);
        SentRequest request = await Worker.NextRequestAsync();
        Worker.Accept(request.Id, subprotocol, (name, value));

        Assert.StartsWith("HTTP/1.1 500 ", (await client.ReadResponseBytesAsync()).Head, StringComparison.Ordinal);
        Assert.Equal(CancelReason.FrontError, await Worker.CancelledAsync(request.Id));
    }

    [Fact]
    public async Task Denial_IsAResponse_AndTheConnectionGoesOn()
    {
        using RawClient client = _host.Connect();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Handshake);
            SentRequest request = await Worker.NextRequestAsync();
            Worker.BeginResponse(request.Id, 403, "not ");
            Worker.SendBody(request.Id, "you"u8, end: true);
            Assert.StartsWith("HTTP/1.1 403 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
            byte[] body = new byte["4\r\nnot \r\n3\r\nyou\r\n0\r\n\r\n".Length];
            await client.ReadExactlyAsync(body);
        }
    }

    [Fact]
    public async Task Handshake_WorkersTakeNoSessions_Is501()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        host.Fleet.Dispatcher.Remove(host.Worker.Handle);
        host.Worker.Handle.Features = InterfaceFeatures.WholeBodies;
        host.Fleet.Dispatcher.Add(host.Worker.Handle);
        using RawClient client = host.Connect();
        await client.SendAsync(Handshake);

        Assert.StartsWith("HTTP/1.1 501 ", (await client.ReadResponseBytesAsync()).Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplicationCloses_ClientIsToldAndItsAnswerEndsIt()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket _ = client;
        Worker.SendData(id, "last"u8, FrameFlags.Text);
        Worker.CloseSession(id, 4001, "enough");

        Assert.Equal("last", await ReceiveAsync(client));
        Assert.Null(await ReceiveAsync(client));
        Assert.Equal((4001, "enough"), ((int)client.CloseStatus!, client.CloseStatusDescription));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        Assert.Equal(0, Worker.Handle.Sessions);
        Assert.DoesNotContain(Worker.TakeFrames(), static frame => frame.Header.Type is MessageType.Close or MessageType.Cancel);
    }

    [Fact]
    public async Task ClientLeaves_WorkerIsTold1006()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        client.Abort();

        Assert.Equal(((ushort)1006, ""), await Worker.ClosedAsync(id));
    }

    [Fact]
    public async Task ClientLeavesBeforeAccept_WorkerIsCancelled()
    {
        ulong id;
        using (RawClient client = _host.Connect())
        {
            await client.SendAsync(Handshake);
            id = (await Worker.NextRequestAsync()).Id;
        }

        Assert.Equal(CancelReason.ClientLeft, await Worker.CancelledAsync(id));
    }

    [Theory]
    [InlineData(new byte[] { 0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28 }, 1007)]
    [InlineData(new byte[] { 0x83, 0x80, 0, 0, 0, 0 }, 1002)]
    [InlineData(new byte[] { 0x81, 0x05, 0x61, 0x61, 0x61, 0x61, 0x61 }, 1002)]
    [InlineData(new byte[] { 0x89, 0xFE, 0, 126, 0, 0, 0, 0 }, 1002)]
    [InlineData(new byte[] { 0x80, 0x80, 0, 0, 0, 0 }, 1002)]
    [InlineData(new byte[] { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xEC }, 1002)]
    public async Task ClientBreaksARule_BothSidesHearTheCode(byte[] bytes, int code)
    {
        using RawClient client = _host.Connect();
        await client.SendAsync(Handshake);
        ulong id = (await Worker.NextRequestAsync()).Id;
        Worker.Accept(id);
        await client.ReadHeadAsync();
        await client.SendAsync(Encoding.Latin1.GetString(bytes));

        byte[] close = new byte[4];
        await client.ReadExactlyAsync(close);
        Assert.Equal((0x88, code), (close[0], (close[2] << 8) | close[3]));
        Assert.Equal(((ushort)code, ""), await Worker.ClosedAsync(id));
    }

    [Theory]
    [InlineData(true, 1012)]
    [InlineData(false, 1011)]
    public async Task WorkerFails_ClientIsToldWhy(bool dies, int code)
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket _ = client;
        if (dies)
        {
            Worker.Crash();
        }
        else
        {
            Worker.Reset(id);
        }

        Assert.Null(await ReceiveAsync(client));
        Assert.Equal(code, (int)client.CloseStatus!);
    }

    [Fact]
    public async Task ClientTakesNothing_WorkerGetsNoMoreCredit()
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket _ = client;
        int window = _host.Bodies.Options.ResponseWindow;
        const int Size = 8 * 1024;
        Assert.Equal(0, Worker.TakeCredit(id));
        long used = 0;
        while (used + Size + ProtocolLimits.DataCost <= window)
        {
            Worker.SendData(id, new byte[Size]);
            used += Size + ProtocolLimits.DataCost;
        }

        for (long taken = 0; taken < used; taken += Size + ProtocolLimits.DataCost)
        {
            await client.ReceiveAsync(new byte[Size].AsMemory(), default).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }

        long granted = 0;
        await Eventually.HoldsAsync(() => (granted += Worker.TakeCredit(id)) * 2 >= window, "credit for what was taken");
        Assert.True(granted <= used);

        // What was never granted is not taken.
        for (int i = 0; i < 20 && Worker.Violation is null; i++)
        {
            Worker.SendData(id, new byte[60_000]);
        }

        Assert.NotNull(Worker.Violation);
    }

    // A session has neither a body nor trailers, and ends with CLOSE.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WorkerEndsItAsAResponse_BreaksTheLinkAndTheClientIsTold(bool byTrailers)
    {
        (ClientWebSocket client, ulong id) = await OpenAsync();
        using ClientWebSocket _ = client;
        if (byTrailers)
        {
            Worker.SendTrailers(id, ("x-sum", "7"));
        }
        else
        {
            Worker.SendBody(id, [], end: true);
        }

        Assert.NotNull(Worker.Violation);
        Assert.Null(await ReceiveAsync(client));
        Assert.Equal(1012, (int)client.CloseStatus!);
    }

    private const string Handshake = "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

    private async Task<(ClientWebSocket Client, ulong Id)> OpenAsync()
    {
        var client = new ClientWebSocket();
        Task connecting = client.ConnectAsync(new Uri($"ws://{_host.EndPoint}/"), default);
        ulong id = (await Worker.NextRequestAsync()).Id;
        Worker.Accept(id);
        await connecting.WaitAsync(TimeSpan.FromSeconds(30));
        return (client, id);
    }

    // Null for a close.
    private static async Task<string?> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[1024];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return received.MessageType is WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, received.Count);
    }
}
