using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Asgi;

/// <summary>http.request messages: how a body comes.</summary>
public sealed class RequestBodyTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Receive_NoBody_GivesOneEmptyMessage()
    {
        HydraServer server = await StartAsync();
        JsonElement answer = await server.GetJsonAsync("/body");

        Assert.Equal("""[{"type": "http.request", "body": 0, "more_body": false}]""", answer.GetProperty("messages").GetRawText());
    }

    [Fact]
    public async Task Receive_SmallBody_GivesOneMessage()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        JsonElement answer = (await connection.ExchangeAsync("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")).Json();

        Assert.Equal("""[{"type": "http.request", "body": 5, "more_body": false}]""", answer.GetProperty("messages").GetRawText());
        Assert.Equal(Hash("hello"u8), answer.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Receive_ChunkedBody_GivesEachPieceWhenItComes()
    {
        HydraServer server = await StreamAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        string[] pieces = ["first", "second", "third"];
        for (int i = 0; i < pieces.Length; i++)
        {
            await connection.SendAsync($"{pieces[i].Length:x}\r\n{pieces[i]}\r\n");

            // The application has this piece before the next one is sent.
            IReadOnlyList<string> seen = await server.Board.WaitAsync(key, i + 1);
            Assert.Equal(pieces[..(i + 1)], seen);
        }

        await connection.SendAsync("0\r\n\r\n");
        Assert.Equal("done", (await connection.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Receive_BodyWithLengthThatComesSlowly_GivesEachPieceWhenItComes()
    {
        HydraServer server = await StreamAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
        await connection.SendAsync("one");
        Assert.Equal(["one"], await server.Board.WaitAsync(key));
        await connection.SendAsync("two");

        Assert.Equal("done", (await connection.ReadResponseAsync()).Text);
        Assert.Equal("onetwo", string.Concat(server.Board.Records(key).Where(r => r != "http.request")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(262_144)]
    [InlineData(3_000_001)]
    public async Task Receive_BodyOfAnySize_IsByteExactAndEndsOnce(int size)
    {
        HydraServer server = await StartAsync();
        byte[] body = RandomNumberGenerator.GetBytes(size);
        using var content = new ByteArrayContent(body);
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/body", UriKind.Relative), content);
        JsonElement answer = await response.ReadJsonAsync();

        Assert.Equal(Hash(body), answer.GetProperty("sha256").GetString());
        bool[] more = [.. answer.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("more_body").GetBoolean())];
        Assert.False(more[^1]);
        Assert.All(more[..^1], Assert.True);
    }

    [Fact]
    public async Task Receive_ChunkedBodyWithExtensionsAndTrailers_IsItsData()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        JsonElement answer = (await connection.ExchangeAsync(
            "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n")).Json();

        Assert.Equal(Hash("hello world"u8), answer.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Exchange_BothDirectionsAtOnce_MirrorsEachPieceWhileTheNextIsNotSent()
    {
        HydraServer server = await StreamAsync();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (string piece in new[] { "one", "two", "three" })
        {
            await connection.SendAsync($"{piece.Length:x}\r\n{piece}\r\n");
            if (piece == "one")
            {
                await connection.ReadHeadAsync();
            }

            Assert.Equal(piece, Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        }

        await connection.SendAsync("0\r\n\r\n");
        Assert.Empty(Assert.IsType<byte[]>(await connection.ReadChunkAsync()));
    }

    [Fact]
    public async Task Expect100_ApplicationAsksForTheBody_ContinueIsSentThen()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /gated-body/{key} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        await server.Board.WaitAsync(key);
        Assert.False(connection.HasData, "100 Continue came before the application asked for the body");

        server.Board.Open(key);
        Assert.Equal("HTTP/1.1 100 Continue", await connection.ReadLineAsync());
        Assert.Equal("", await connection.ReadLineAsync());
        await connection.SendAsync("body");
        Assert.Equal("body", (await connection.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Expect100_ApplicationDoesNotAsk_ResponseComesWithoutContinue()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(
            "POST /no-read HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal(200, response.Status);
        Assert.Equal("not asked for", response.Text);
    }

    [Fact]
    public async Task Body_NotReadByTheApplication_LeavesTheConnectionInOrder()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        string body = new('x', 1000);
        RawResponse first = await connection.ExchangeAsync($"POST /no-read HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{body}");
        RawResponse second = await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal("not asked for", first.Text);
        Assert.Equal("hello", second.Text);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nonly this")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n64\r\nonly this")]
    public async Task Body_BrokenOff_GivesTheApplicationADisconnect(string rest)
    {
        HydraServer server = await StreamAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\n{rest}");

        // A request whose client has left before it was sent to a worker is dropped.
        await Eventually.HoldsAsync(() => server.Board.Records(key).Count > 0, "the first part of the body");
        connection.FinishSending();
        await Eventually.HoldsAsync(
            () => server.Board.Records(key) is [.., "http.disconnect"], "http.disconnect", () => string.Join(", ", server.Board.Records(key)));
    }

    [Fact]
    public async Task Body_ThatIsNoBody_IsRefusedBeforeTheApplicationAnswers()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");

        Assert.Equal(400, response.Status);
        Assert.True(await connection.HasEndedAsync());
    }

    [Fact]
    public async Task Body_ThatTurnsToNonsense_GivesTheApplicationADisconnect()
    {
        HydraServer server = await StreamAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        Assert.Equal(["hello"], await server.Board.WaitAsync(key));
        await connection.SendAsync("nonsense\r\n");

        Assert.Equal(["hello", "http.disconnect"], await server.Board.WaitAsync(key, 2));
        Assert.True(await connection.HasEndedAsync() || (await connection.ReadResponseAsync()).Status == 400);
    }

    private static string Hash(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data));

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("asgi_probe:app"));

    private Task<HydraServer> StreamAsync() => Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--buffer-body", "0"] });
}
