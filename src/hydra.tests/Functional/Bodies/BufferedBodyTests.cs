using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Bodies;

/// <summary>--buffer-body: a body is complete before a worker gets its request.</summary>
public sealed class BufferedBodyTests(ServerPool pool) : PooledTests(pool)
{
    private const int Mebibyte = 1024 * 1024;

    [Theory]
    [InlineData("uds", "Content-Length: 8\r\n\r\n", "half", "half")]
    [InlineData("uds", "Transfer-Encoding: chunked\r\n\r\n", "4\r\nhalf\r\n", "4\r\nhalf\r\n0\r\n\r\n")]
    [InlineData("tcp", "Content-Length: 8\r\n\r\n", "half", "half")]
    public async Task SlowBody_OneThread_IsHeldUpForNobody(string transport, string head, string first, string second)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare") { WorkerTransport = transport });
        await using RawConnection slow = await server.ConnectAsync();
        await slow.SendAsync($"POST /body/all HTTP/1.1\r\nHost: a\r\n{head}{first}");
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("hello", await server.GetTextAsync("/hello"));
        }

        await slow.SendAsync(second);
        JsonElement answer = (await slow.ReadResponseAsync()).Json();
        Assert.Equal(8, answer.GetProperty("length").GetInt32());
        Assert.Equal(Hash("halfhalf"u8), answer.GetProperty("sha256").GetString());
    }

    [Theory]
    [InlineData(2, "length")]
    [InlineData(2, "chunked")]
    [InlineData(65_536, "length")]
    [InlineData(65_536, "chunked")]
    [InlineData(65_537, "length")]
    [InlineData(65_537, "chunked")]
    [InlineData(700_001, "chunked")]
    [InlineData(Mebibyte, "length")]
    [InlineData(Mebibyte, "chunked")]
    [InlineData(Mebibyte + 1, "length")]
    [InlineData(Mebibyte + 1, "chunked")]
    [InlineData((3 * Mebibyte) + 7, "chunked")]
    public async Task Body_InTwoParts_IsByteExact(int size, string coding)
    {
        foreach (string app in new[] { "asgi_probe:app", "wsgi_probe:bare" })
        {
            HydraServer server = await Pool.GetAsync(new ServerSpec(app));
            byte[] body = RandomNumberGenerator.GetBytes(size);
            await using RawConnection connection = await server.ConnectAsync();
            await connection.SendAsync($"POST /body/all HTTP/1.1\r\nHost: a\r\n{HeadOf(coding, size)}");
            await SendPartAsync(connection, coding, body.AsMemory(..(size / 2)));
            await SendPartAsync(connection, coding, body.AsMemory((size / 2)..));
            await connection.SendAsync(coding == "chunked" ? "0\r\n\r\n" : "");

            JsonElement answer = (await connection.ReadResponseAsync()).Json();
            Assert.Equal(size, answer.GetProperty("length").GetInt32());
            Assert.Equal(Hash(body), answer.GetProperty("sha256").GetString());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(200_000)]
    [InlineData((3 * Mebibyte) + 7)]
    public async Task ChunkedBody_Wsgi_HasAContentLengthHoweverLongItIs(int size)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare"));
        byte[] body = RandomNumberGenerator.GetBytes(size);
        await using RawConnection connection = await server.ConnectAsync();

        // The application reads as much as CONTENT_LENGTH says.
        await connection.SendAsync($"POST /body/read HTTP/1.1\r\nHost: a\r\n{HeadOf("chunked", size)}");
        await (size == 0 ? Task.CompletedTask : SendPartAsync(connection, "chunked", body));
        await connection.SendAsync("0\r\n\r\n");
        JsonElement answer = (await connection.ReadResponseAsync()).Json();
        Assert.Equal(Hash(body), answer.GetProperty("sha256").GetString());

        await connection.SendAsync($"POST /environ HTTP/1.1\r\nHost: a\r\n{HeadOf("chunked", size)}");
        await (size == 0 ? Task.CompletedTask : SendPartAsync(connection, "chunked", body));
        await connection.SendAsync("0\r\n\r\n");
        JsonElement environ = (await connection.ReadResponseAsync()).Json();
        Assert.Equal($"{size}", environ.GetProperty("CONTENT_LENGTH").GetString());
        Assert.False(environ.TryGetProperty("HTTP_TRANSFER_ENCODING", out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(200_000)]
    public async Task ChunkedBody_AsgiAndReadAhead_HasAContentLength(int size)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /scope HTTP/1.1\r\nHost: a\r\n{HeadOf("chunked", size)}");
        await (size == 0 ? Task.CompletedTask : SendPartAsync(connection, "chunked", new byte[size]));
        await connection.SendAsync("0\r\n\r\n");

        JsonElement headers = (await connection.ReadResponseAsync()).Json().GetProperty("headers");
        Assert.Equal(["host", "a", "content-length", $"{size}"],
            headers.EnumerateArray().SelectMany(static pair => pair.EnumerateArray()).Select(static part => part.GetProperty("bytes").GetString()));
    }

    [Fact]
    public async Task ChunkedBody_WsgiAndNowhereToKeepIt_IsRefusedWith411()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wsgi_probe:bare") { Arguments = ["--buffer-body", "8", "--spool-limit", "0"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body/read HTTP/1.1\r\nHost: a\r\n{HeadOf("chunked", 0)}");
        await SendPartAsync(connection, "chunked", new byte[Mebibyte]);

        Assert.Equal(411, (await connection.ReadResponseAsync()).Status);
        Assert.True(await connection.HasEndedAsync());
        await server.Log.WaitAsync("Bodies cannot be written to disk");
    }

    [Theory]
    [InlineData("Content-Length: 6\r\n\r\none", "two")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n", "3\r\ntwo\r\n0\r\n\r\n")]
    public async Task Receive_SmallBodyThatComesSlowly_GivesOneMessage(string first, string second)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body HTTP/1.1\r\nHost: a\r\n{first}");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await connection.SendAsync(second);

        JsonElement answer = (await connection.ReadResponseAsync()).Json();
        Assert.Equal("""[{"type": "http.request", "body": 6, "more_body": false}]""", answer.GetProperty("messages").GetRawText());
    }

    [Fact]
    public async Task ChunkedBody_PastTheBound_StreamsFromThere()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--buffer-body", "8"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n");
        await connection.ReadHeadAsync();
        Assert.Equal("0123456789", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        foreach (string piece in new[] { "one", "two" })
        {
            await connection.SendAsync($"3\r\n{piece}\r\n");
            Assert.Equal(piece, Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        }

        await connection.SendAsync("0\r\n\r\n");
        Assert.Empty(Assert.IsType<byte[]>(await connection.ReadChunkAsync()));
    }

    [Fact]
    public async Task Body_LargerThanTheBound_StreamsAtOnce()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--buffer-body", "8"] });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
        await connection.SendAsync("first");
        Assert.Equal(["first"], await server.Board.WaitAsync(key));
        await connection.SendAsync("last");

        Assert.Equal("done", (await connection.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Body_WhenMemoryIsUsedUp_Streams()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--buffer-memory", "4"] });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await connection.SendAsync("first");
        Assert.Equal(["first"], await server.Board.WaitAsync(key));
        await connection.SendAsync("last");

        Assert.Equal("done", (await connection.ReadResponseAsync()).Text);
    }

    [Theory]
    [InlineData("auto", "Content-Length: 100\r\n\r\nonly this", "leaves")]
    [InlineData("auto", "Content-Length: 100\r\n\r\nonly this", "resets")]
    [InlineData("auto", "Transfer-Encoding: chunked\r\n\r\n64\r\nonly this", "leaves")]
    [InlineData("auto", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "nonsense")]
    [InlineData("sockets", "Content-Length: 100\r\n\r\nonly this", "leaves")]
    [InlineData("sockets", "Content-Length: 100\r\n\r\nonly this", "resets")]
    [InlineData("sockets", "Transfer-Encoding: chunked\r\n\r\n64\r\nonly this", "leaves")]
    [InlineData("sockets", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "nonsense")]
    public async Task Body_ThatDoesNotComeToItsEnd_NeverReachesAWsgiApplication(string transport, string rest, string what)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare") { Transport = transport });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /meet/{key} HTTP/1.1\r\nHost: a\r\n{rest}");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        switch (what)
        {
            case "leaves":
                connection.FinishSending();
                await connection.ReadToEndAsync();
                break;
            case "nonsense":
                Assert.Equal(400, (await connection.ExchangeAsync("nonsense\r\n")).Status);
                Assert.True(await connection.HasEndedAsync());
                break;
            default:
                connection.Reset();
                break;
        }

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Empty(server.Board.Records(key));
    }

    [Theory]
    [InlineData("auto", "Content-Length: 700000\r\n\r\n", false)]
    [InlineData("auto", "Content-Length: 700000\r\n\r\n", true)]
    [InlineData("auto", "Transfer-Encoding: chunked\r\n\r\naae60\r\n", false)]
    [InlineData("sockets", "Content-Length: 700000\r\n\r\n", false)]
    [InlineData("sockets", "Content-Length: 700000\r\n\r\n", true)]
    [InlineData("sockets", "Transfer-Encoding: chunked\r\n\r\naae60\r\n", false)]
    public async Task Body_ThatBreaksOff_GivesAnAsgiApplicationWhatCameAndThenADisconnect(string transport, string rest, bool isReset)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Transport = transport });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-sizes/{key} HTTP/1.1\r\nHost: a\r\n{rest}");
        await connection.SendAsync(new byte[300_000]);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        if (isReset)
        {
            // All of it is in the server's hands, not in the kernel's: a reset would destroy it there.
            await connection.HasBeenReadAsync();
            connection.Reset();
        }
        else
        {
            connection.FinishSending();
        }

        Assert.Equal(["300000", "http.disconnect"], await server.Board.WaitAsync(key, 2));
    }

    [Theory]
    [InlineData("auto", "asgi_probe:app", "80000000\r\n", 413, "a single chunk of its body is of 2 GiB or more")]
    [InlineData("sockets", "asgi_probe:app", "1\r\na\r\n0fffffffff;a\r\n", 413, "a single chunk of its body is of 2 GiB or more")]
    [InlineData("auto", "wsgi_probe:bare", "5\r\nhello\r\nx\r\n", 400, "the chunks of its body break a rule of HTTP")]
    public async Task Body_WhoseFramingIsRefused_IsAnsweredAndTheLogSaysWhy(string transport, string application, string chunks, int status, string why)
    {
        // One of its own: of several in a second the log has one.
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(application) { Transport = transport });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /meet/{key} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));

        Assert.Equal(status, (await connection.ExchangeAsync(chunks)).Status);
        Assert.True(await connection.HasEndedAsync());
        await server.Log.WaitAsync("was refused: ", why, $"the client got {status}");
        Assert.Empty(server.Board.Records(key));
    }

    [Fact]
    public async Task Body_ThatTurnsToNonsense_NeverReachesTheApplication()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app"));
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body-sizes/{key} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");

        Assert.Equal(400, (await connection.ExchangeAsync("nonsense\r\n")).Status);
        Assert.True(await connection.HasEndedAsync());
        Assert.Empty(server.Board.Records(key));
    }

    [Fact]
    public async Task Pipelining_BehindABufferedBody_IsAnsweredInOrder()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await connection.SendAsync("0\r\nX-Trailer: t\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\nX-Request: 2\r\n\r\nPOST /body HTTP/1.1\r\nHost: a\r\n");
        await connection.SendAsync("Content-Length: 3\r\n\r\ntwo");

        Assert.Equal(Hash("one"u8), (await connection.ReadResponseAsync()).Json().GetProperty("sha256").GetString());
        Assert.Equal("hello", (await connection.ReadResponseAsync()).Text);
        Assert.Equal(Hash("two"u8), (await connection.ReadResponseAsync()).Json().GetProperty("sha256").GetString());
    }

    [Theory]
    [InlineData(10)]
    [InlineData(600_000)]
    [InlineData(2 * Mebibyte)]
    public async Task Put_WorkerDiesWithIt_IsSentAgainWhole(int size)
    {
        // The largest is on disk.
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Workers = 2, Arguments = ["--spool"] });
        byte[] body = RandomNumberGenerator.GetBytes(size);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"PUT /prove-after-death/once HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n");
        await connection.SendAsync(body);

        Assert.Equal($"{size} {Hash(body)}", (await connection.ReadResponseAsync()).Text);
        Assert.Equal([$"{size}", $"{size}"], server.Board.Records("once"));
        await server.Log.ExpectErrorAsync("exited with code 7");
    }

    [Fact]
    public async Task Signal_WhileABodyIsRead_TheRequestIsAnswered()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        await using RawConnection connection = await server.ConnectAsync();
        await using RawConnection idle = await server.ConnectAsync();
        await connection.SendAsync("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\none");
        Assert.Equal("hello", (await idle.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        server.Signal(Processes.Terminate);

        // Idle connections are closed when clients have had their time for a head; this one is not idle.
        Assert.True(await idle.HasEndedAsync());
        await connection.SendAsync("two");
        Assert.Equal(Hash("onetwo"u8), (await connection.ReadResponseAsync()).Json().GetProperty("sha256").GetString());
        Assert.Equal(0, await server.ExitAsync());
    }

    private static string Hash(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data));

    private static string HeadOf(string coding, int size) => coding == "chunked" ? "Transfer-Encoding: chunked\r\n\r\n" : $"Content-Length: {size}\r\n\r\n";

    private static async Task SendPartAsync(RawConnection connection, string coding, ReadOnlyMemory<byte> data)
    {
        await connection.SendAsync(coding == "chunked" ? $"{data.Length:x}\r\n" : "");
        await connection.SendAsync(data);
        await connection.SendAsync(coding == "chunked" ? "\r\n" : "");
    }
}
