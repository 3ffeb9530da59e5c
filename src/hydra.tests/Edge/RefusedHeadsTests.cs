using System.Net.Sockets;
using Hydra.Edge;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary>What <see cref="RefusedHeads"/> has recorded of heads that Kestrel refuses by itself: a line each, with what was read.</summary>
public sealed class RefusedHeadsTests
{
    private const string Good = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData("garbage\r\n\r\n", "\"- - -\" 400 0")]
    [InlineData("GET /a HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", "\"GET /a HTTP/1.1\" 400 0")]
    [InlineData("GET /a HTTP/1.1\r\n\r\n", "\"GET /a HTTP/1.1\" 400 0")]
    public async Task OnNext_BadHead_IsALineWithWhatWasRead(string text, string line)
        => await AssertLinesAsync(text, endsSending: false, "HTTP/1.1 400 ", [line]);

    [Fact]
    public async Task OnNext_HalfARequestLineThenTheEnd_IsALine()
    {
        // Whether the answer still leaves is up to the transport, which takes the client's end for that of the connection.
        await AssertLinesAsync("GET /half", endsSending: true, "", ["\"- - -\" 400 0"]);
    }

    [Fact]
    public async Task OnNext_TargetTooLong_IsALine()
        => await AssertLinesAsync(
            $"GET /{new string('x', 17_000)} HTTP/1.1\r\nHost: h\r\n\r\n", endsSending: false, "HTTP/1.1 414 ",
            [$"\"GET /{new string('x', 8191)}… HTTP/1.1\" 414 0"]);

    [Fact]
    public async Task OnNext_FieldsTooLarge_IsALine()
        => await AssertLinesAsync(
            $"GET /a HTTP/1.1\r\nHost: h\r\nX: {new string('x', 70_000)}\r\n\r\n", endsSending: false, "HTTP/1.1 431 ",
            ["\"GET /a HTTP/1.1\" 431 0"]);

    [Theory]
    [InlineData("GET /slow HT", "\"- - -\" 408 0")]
    [InlineData("GET /slow HTTP/1.1\r\nHost: h\r\n", "\"GET /slow HTTP/1.1\" 408 0")]
    public async Task OnNext_HeadTooSlow_IsALine(string text, string line)
        => await AssertLinesAsync(
            text, endsSending: false, "HTTP/1.1 408 ", [line], static limits => limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(200));

    [Fact]
    public async Task OnNext_BehindAGoodRequest_NamesNothingOfThat()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Good);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "hello");
        await client.ReadResponseAsync();
        await client.SendAsync("garbage\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", await FrontHost.ReadUntilCutAsync(client), StringComparison.Ordinal);

        Assert.Equal(["\"GET /good HTTP/1.1\" 200 5", "\"- - -\" 400 0"], await host.StopAndReadLinesAsync());
    }

    [Fact]
    public async Task OnNext_NothingSent_IsNoLine()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await FrontHost.ReadUntilCutAsync(client));

        Assert.Empty(await host.StopAndReadLinesAsync());
    }

    [Fact]
    public async Task OnNext_Refusal_HasASentenceInTheLog()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        for (int i = 0; i < 3; i++)
        {
            using RawClient client = host.Connect();
            await client.SendAsync("GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 400 ", await FrontHost.ReadUntilCutAsync(client), StringComparison.Ordinal);
        }

        string[] sentences = [.. host.Log.Entries.Select(static entry => entry.Text).Where(static text => text.Contains("was refused", StringComparison.Ordinal))];
        Assert.InRange(sentences.Length, 1, 3);
        Assert.Contains("was refused: its host is none; the client got 400.", sentences[0], StringComparison.Ordinal);
        Assert.Equal(3, (await host.StopAndReadLinesAsync()).Length);
    }

    private static async Task AssertLinesAsync(
        string text, bool endsSending, string answer, string[] lines, Action<KestrelServerLimits>? limits = null)
    {
        await using FrontHost host = await FrontHost.StartAsync(HttpProtocols.Http1, limits);
        using RawClient client = host.Connect();
        await client.SendAsync(text);
        if (endsSending)
        {
            client.Socket.Shutdown(SocketShutdown.Send);
        }

        Assert.StartsWith(answer, await FrontHost.ReadUntilCutAsync(client), StringComparison.Ordinal);
        Assert.Equal(lines, await host.StopAndReadLinesAsync());
        Assert.Empty(host.Worker.TakeFrames());
    }
}
