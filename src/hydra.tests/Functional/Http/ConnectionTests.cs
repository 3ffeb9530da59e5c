using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>HTTP/1.1 as the client sees it on its connection.</summary>
public sealed class ConnectionTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task KeepAlive_ManyRequests_UseOneConnection()
    {
        await using RawConnection connection = await ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        }
    }

    [Fact]
    public async Task Pipelining_ManyRequestsInOneWrite_AreAnsweredInOrder()
    {
        await using RawConnection connection = await ConnectAsync();
        var requests = new StringBuilder();
        for (int i = 0; i < 50; i++)
        {
            string body = new('x', i * 50);
            requests.Append(i % 2 == 0 ? $"POST /prove/{i} HTTP/1.1\r\nHost: a\r\nX-Request: r{i}\r\nContent-Length: {body.Length}\r\n\r\n{body}"
                : $"GET /prove/{i} HTTP/1.1\r\nHost: a\r\nX-Request: r{i}\r\n\r\n");
        }

        await connection.SendAsync(requests.ToString());
        for (int i = 0; i < 50; i++)
        {
            Assert.StartsWith($"{i} r{i} {(i % 2 == 0 ? i * 50 : 0)} ", (await connection.ReadResponseAsync()).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Request_ByteByByte_IsUnderstood()
    {
        await using RawConnection connection = await ConnectAsync();
        foreach (char c in "POST /prove/1 HTTP/1.1\r\nHost: a\r\nX-Request: one\r\nContent-Length: 3\r\n\r\nabc")
        {
            await connection.SendAsync(c.ToString());
        }

        Assert.StartsWith("1 one 3 ", (await connection.ReadResponseAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Close_AskedForByTheClient_EndsTheConnectionAfterTheResponse()
    {
        await using RawConnection connection = await ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Equal("hello", response.Text);
        Assert.Equal("close", response.Value("Connection"));
        Assert.True(await connection.HasEndedAsync());
    }

    [Fact]
    public async Task Close_AskedForByTheApplication_EndsTheConnectionAfterTheResponse()
    {
        await using RawConnection connection = await ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /last HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal("last", response.Text);
        Assert.True(await connection.HasEndedAsync());
    }

    [Fact]
    public async Task Http10_WithoutKeepAlive_EndsTheConnectionAfterTheResponse()
    {
        await using RawConnection connection = await ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /hello HTTP/1.0\r\n\r\n");

        Assert.Equal(200, response.Status);
        Assert.Equal("hello", response.Text);
        Assert.True(await connection.HasEndedAsync());
    }

    [Fact]
    public async Task Http10_ResponseWithoutLength_IsEndedByTheConnection()
    {
        await using RawConnection connection = await ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("GET /status/200 HTTP/1.0\r\n\r\n");

        Assert.Empty(response.Values("Transfer-Encoding"));
        Assert.Equal("a body in two parts", response.Text);
    }

    [Fact]
    public async Task Http10_WithKeepAlive_KeepsTheConnection()
    {
        await using RawConnection connection = await ConnectAsync();
        RawResponse first = await connection.ExchangeAsync("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        RawResponse second = await connection.ExchangeAsync("GET /hello HTTP/1.0\r\n\r\n");

        Assert.Equal("hello", first.Text);
        Assert.Equal("hello", second.Text);
    }

    // RFC 9110, section 7.8: an upgrade is asked for in Connection as well, and by its name.
    [Theory]
    [InlineData("Upgrade: websocket")]
    [InlineData("Connection: Upgrade\r\nUpgrade: notwebsocket")]
    [InlineData("Connection: keep-alive\r\nUpgrade: WebSocket")]
    public async Task Upgrade_ThatIsNoneToAWebSocket_IsARequestAsAny(string fields)
    {
        await using RawConnection connection = await ConnectAsync();
        Assert.Equal("hello", (await connection.ExchangeAsync($"GET /hello HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n")).Text);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("GET /hello\r\n\r\n", 400)]
    [InlineData("GET /hello HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /hello HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400)]
    [InlineData("GET /hello HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400)]
    [InlineData("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n", 400)]
    [InlineData("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400)]
    [InlineData("\r\nPOST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\v\r\n\r\nabc", 400)]
    [InlineData("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000000000000000\r\n\r\n", 400)]
    [InlineData("POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;\0\r\nabc\r\n0\r\n\r\n", 400)]
    [InlineData("POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: \0\r\n\r\n", 400)]
    [InlineData("GET /hello HTTP/1.1\nHost: a\n\n", 400)]
    [InlineData("GET /hello#a HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n", 400)]
    [InlineData("GET /hello HTTP/1.1\r\nHost: a\r\n[X]: b\r\n\r\n", 400)]
    [InlineData("GET /hello HTTP/3.0\r\nHost: a\r\n\r\n", 505)]
    public async Task Request_ThatIsNoHttp_IsRefusedAndTheConnectionEnds(string request, int status)
    {
        await using RawConnection connection = await ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(request);

        Assert.Equal(status, response.Status);
        Assert.True(await connection.HasEndedAsync());
    }

    // What HTTP allows and few clients send.
    [Theory]
    [InlineData("\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET HTTP://other/hello HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /hello HTTP/1.2\r\nHost: a:\r\n\r\n")]
    [InlineData("GET /hello HTTP/1.1\r\nHost: [::]:8000\r\n\r\n")]
    [InlineData("GET /hello HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n")]
    [InlineData("POST /hello HTTP/1.0\r\n\r\n")]
    public async Task Request_ThatHttpAllows_IsServed(string request)
    {
        await using RawConnection connection = await ConnectAsync();
        Assert.Equal("hello", (await connection.ExchangeAsync(request)).Text);
    }

    [Fact]
    public async Task Request_BehindAChunkedBodyThatNobodyRead_IsForNobody()
    {
        await using RawConnection connection = await ConnectAsync();
        string chunk = $"10000\r\n{new string('x', 65536)}\r\n";
        Task sending = connection.SendAsync(
            "POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat(chunk, 24))
            + "0\r\n\r\nGET /prove/2 HTTP/1.1\r\nHost: a\r\nX-Request: two\r\n\r\n");
        RawResponse response = await connection.ReadResponseAsync();
        await sending;

        Assert.Equal("hello", response.Text);
        Assert.Equal("close", response.Value("Connection"));
        Assert.True(await connection.HasEndedAsync());
    }

    [Fact]
    public async Task Request_HeadTooLarge_IsAnswered431()
    {
        await using RawConnection connection = await ConnectAsync();
        RawResponse response = await connection.ExchangeAsync($"GET /hello HTTP/1.1\r\nHost: a\r\nX-Large: {new string('x', 200_000)}\r\n\r\n");

        Assert.Equal(431, response.Status);
    }

    [Fact]
    public async Task Request_WithLengthAndChunks_IsNotTakenForTwo()
    {
        await using RawConnection connection = await ConnectAsync();
        await connection.SendAsync(
            "POST /prove/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /prove/smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        string all = Encoding.ASCII.GetString(await connection.ReadToEndAsync());

        Assert.DoesNotContain("smuggled", all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--http1.0")]
    public async Task Curl_UploadAndDownload_AreByteExact(string version)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app"));
        using var directory = new TestDirectory();
        string sent = Path.Combine(directory.Path, "sent");
        await File.WriteAllBytesAsync(sent, System.Security.Cryptography.RandomNumberGenerator.GetBytes(2_000_000));

        // By itself curl asks for "100 Continue" before a body of this size.
        await using var command = new RunningCommand(
            ["curl", "--silent", "--show-error", "--fail", version, "--data-binary", "@sent", "--output", "got", $"{server.Address}mirror"], directory.Path, []);
        Assert.Equal(0, await command.ExitAsync());
        Assert.Equal(await File.ReadAllBytesAsync(sent), await File.ReadAllBytesAsync(Path.Combine(directory.Path, "got")));
    }

    private async Task<RawConnection> ConnectAsync()
        => await (await Pool.GetAsync(new ServerSpec("asgi_probe:app"))).ConnectAsync();
}
