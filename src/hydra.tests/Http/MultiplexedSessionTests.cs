using System.Net;
using System.Net.WebSockets;
using System.Text;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>A <see cref="WebSocketSession"/> that is a stream of HTTP/2 (RFC 8441), with .NET's client and a fake worker.</summary>
public sealed class MultiplexedSessionTests : IAsyncLifetime
{
    private readonly HttpMessageInvoker _connections = new(new SocketsHttpHandler());
    private FrontHost _host = null!;

    public async Task InitializeAsync() => _host = await FrontHost.StartAsync(HttpProtocols.Http2, null);

    public async Task DisposeAsync()
    {
        _connections.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Session_MessagesBothWays_ThenTheClientCloses(bool deflates)
    {
        using ClientWebSocket client = Client(deflates);
        SentRequest request = await OpenAsync(client);
        Assert.Equal(FrameFlags.Session | FrameFlags.End, request.Flags);
        Assert.Equal(("GET", "/socket"), (request.Method, request.Path));
        Assert.StartsWith(string.Join((char)0, "http", "2", "127.0.0.1", ""), request.Connection, StringComparison.Ordinal);
        string text = new('x', 5000);
        await client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
        string got = "";
        while (got.Length < text.Length)
        {
            got += (await _host.Worker.NextDataAsync(request.Id)).Data;
        }

        Assert.Equal(text, got);
        _host.Worker.SendData(request.Id, Encoding.UTF8.GetBytes(text), FrameFlags.Text);
        Assert.Equal(text, await ReceiveAsync(client));

        Task closing = client.CloseAsync((WebSocketCloseStatus)4000, "bye", default);
        Assert.Equal(((ushort)4000, "bye"), await _host.Worker.ClosedAsync(request.Id));
        await closing.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((4000, "bye"), ((int)client.CloseStatus!, client.CloseStatusDescription));
    }

    [Fact]
    public async Task Session_SubprotocolAndFields_AreInTheAnswer()
    {
        using ClientWebSocket client = Client(deflates: false);
        client.Options.AddSubProtocol("chat");
        client.Options.CollectHttpResponseDetails = true;
        await OpenAsync(client, "chat", ("x-a", "1"), ("sec-websocket-accept", "no"));

        Assert.Equal("chat", client.SubProtocol);
        Assert.Equal(HttpStatusCode.OK, client.HttpStatusCode);
        Assert.Equal(["1"], client.HttpResponseHeaders!["x-a"]);
        Assert.DoesNotContain("sec-websocket-accept", client.HttpResponseHeaders.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Session_TheApplicationCloses_TheClientSeesCodeAndReason()
    {
        using ClientWebSocket client = Client(deflates: false);
        SentRequest request = await OpenAsync(client);
        _host.Worker.CloseSession(request.Id, 4001, "enough");

        WebSocketReceiveResult result = await client.ReceiveAsync(new byte[16], default).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(WebSocketMessageType.Close, result.MessageType);
        Assert.Equal((4001, "enough"), ((int)result.CloseStatus!, result.CloseStatusDescription));
    }

    [Fact]
    public async Task Session_TheClientResetsItsStream_TheWorkerHearsOfItAndTheConnectionGoesOn()
    {
        using ClientWebSocket left = Client(deflates: false);
        using ClientWebSocket stays = Client(deflates: false);
        SentRequest one = await OpenAsync(left);
        SentRequest two = await OpenAsync(stays);
        Assert.Equal(one.Connection, two.Connection);
        left.Abort();

        Assert.Equal(((ushort)1006, ""), await _host.Worker.ClosedAsync(one.Id));
        _host.Worker.SendData(two.Id, "still"u8, FrameFlags.Text);
        Assert.Equal("still", await ReceiveAsync(stays));
    }

    [Fact]
    public async Task Handshake_Denied_IsTheResponseOfTheApplication()
    {
        using ClientWebSocket client = Client(deflates: false);
        client.Options.CollectHttpResponseDetails = true;
        Task connecting = ConnectAsync(client);
        SentRequest request = await _host.Worker.NextRequestAsync();
        _host.Worker.Respond(request.Id, 403, "no");

        await Assert.ThrowsAsync<WebSocketException>(() => connecting);
        Assert.Equal(HttpStatusCode.Forbidden, client.HttpStatusCode);
    }

    private static ClientWebSocket Client(bool deflates)
    {
        var client = new ClientWebSocket();
        client.Options.HttpVersion = HttpVersion.Version20;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.Options.DangerousDeflateOptions = deflates ? new WebSocketDeflateOptions { ClientContextTakeover = false, ServerContextTakeover = false } : null;
        return client;
    }

    private Task ConnectAsync(ClientWebSocket client) => client.ConnectAsync(new Uri($"ws://{_host.EndPoint}/socket"), _connections, default).WaitAsync(TimeSpan.FromSeconds(30));

    private async Task<SentRequest> OpenAsync(ClientWebSocket client, string subprotocol = "", params (string, string)[] fields)
    {
        Task connecting = ConnectAsync(client);
        SentRequest request = await _host.Worker.NextRequestAsync();
        _host.Worker.Accept(request.Id, subprotocol, fields);
        await connecting;
        return request;
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[8192];
        int length = 0;
        WebSocketReceiveResult result;
        do
        {
            result = await client.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), default).WaitAsync(TimeSpan.FromSeconds(30));
            length += result.Count;
        }
        while (!result.EndOfMessage);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
