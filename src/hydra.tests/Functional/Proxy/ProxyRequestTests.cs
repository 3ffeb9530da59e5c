using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Proxy;

/// <summary>Requests and responses between clients and a program (--interface proxy).</summary>
public sealed class ProxyRequestTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [InlineData("", "uds")]
    [InlineData(" port", "uds")]
    [InlineData("", "tcp")]
    public async Task Request_ByEitherAddress_IsAnswered(string argument, string transport)
    {
        HydraServer server = await Pool.GetAsync(Programs.Of("program_probe.py" + argument) with { WorkerTransport = transport });

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Contains(argument.Length > 0 ? "at port " : "at $HYDRA_SOCKET", server.Log.Text, StringComparison.Ordinal);
        Assert.StartsWith($"hydra: worker 0 {Repository.Python}", Processes.CommandLine(Assert.Single(server.WorkerPids())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_TargetMethodAndFields_AreAsTheyCame()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(
            "PROPFIND /tell%2Fa//b/../c;d?x=%20&y=%ZZ HTTP/1.1\r\nHost: example.org:81\r\nX-Odd: f\u00fcr\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n");
        JsonElement told = response.Json();

        Assert.Equal(("PROPFIND", "/tell%2Fa//b/../c;d?x=%20&y=%ZZ"), (told.GetProperty("method").GetString(), told.GetProperty("target").GetString()));
        Assert.Equal(
            ["host: example.org:81", "x-odd: f\u00fcr", "x-forwarded-for: 1.2.3.4", "x-forwarded-proto: http", "x-forwarded-host: example.org:81"],
            told.GetProperty("headers").EnumerateArray().Select(static field => $"{field[0].GetString()}: {field[1].GetString()}"));
        Assert.Equal(["1", "2"], response.Values("X-One"));
        Assert.Equal(["a=b; Path=/", "c=d; Path=/"], response.Values("Set-Cookie"));

        // aiohttp writes UTF-8.
        Assert.Equal("f\u00c3\u00bcr", response.Value("X-Odd"));
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(10, true)]
    [InlineData(3_000_000, false)]
    [InlineData(3_000_000, true)]
    public async Task Upload_WithAndWithoutALength_IsComplete(int size, bool isChunked)
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        byte[] body = RandomNumberGenerator.GetBytes(size);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/upload", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal($"{size} {Convert.ToHexStringLower(SHA256.HashData(body))}", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Upload_ThatStreams_ReachesTheProgramBeforeItsEnd()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        string key = Board.NewKey();
        byte[] half = new byte[2_000_000];
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /upload?key={key} HTTP/1.1\r\nHost: test\r\nContent-Length: 4000000\r\n\r\n");
        await connection.SendAsync(half);
        await server.Board.WaitAsync(key);
        await connection.SendAsync(half);

        Assert.StartsWith("4000000 ", (await connection.ReadResponseAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_WhileTheRequestStillComes_GoesBothWays()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        byte[] body = RandomNumberGenerator.GetBytes(16_000_000);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /duplex HTTP/1.1\r\nHost: test\r\nContent-Length: {body.Length}\r\n\r\n");
        Task send = connection.SendAsync(body);
        RawResponse response = await connection.ReadResponseAsync();
        await send;

        Assert.True(response.IsComplete);
        Assert.Equal(SHA256.HashData(body), SHA256.HashData(response.Body));
    }

    [Fact]
    public async Task Response_BeforeTheBodyIsRead_Arrives()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: 100000000\r\n\r\n");
        await connection.SendAsync(new byte[2_000_000]);

        Assert.Equal(413, (await connection.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Expectation_OfTheClient_IsAnsweredByTheProgram()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", (await connection.ReadHeadAsync()).StatusLine);
        await connection.SendAsync("hello");

        Assert.StartsWith("5 ", (await connection.ReadResponseAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_WithoutABody_HasNone()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse head = await connection.ExchangeAsync("HEAD /hello HTTP/1.1\r\nHost: test\r\n\r\n", isHead: true);
        RawResponse unchanged = await connection.ExchangeAsync("GET /unchanged HTTP/1.1\r\nHost: test\r\n\r\n");

        Assert.Equal((200, "5"), (head.Status, head.Value("Content-Length")));
        Assert.Equal((304, "\"x\"", ""), (unchanged.Status, unchanged.Value("ETag"), unchanged.Text));
        Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: test\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Download_SlowClient_HoldsTheProgramBackAndIsComplete()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        string key = Board.NewKey();
        const int size = 64 << 20;
        await using RawConnection connection = await server.ConnectAsync(receiveBuffer: 4096);
        await connection.GetAsync($"/download/{size}?key={key}");
        await connection.ReadHeadAsync();
        byte[] first = await connection.ReadUpToAsync(1 << 20);

        // The rest is nowhere but in the program yet: it waits for its client.
        Assert.Empty(server.Board.Records(key));
        long rest = size - first.Length;
        byte[] buffer = new byte[1 << 20];
        while (rest > 0)
        {
            rest -= await connection.ReadSomeAsync(buffer);
        }

        Assert.Equal(["all"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Client_ThatLeaves_EndsTheRequestInTheProgram()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/slow/{key}");
            await server.Board.WaitAsync(key);
            connection.Reset();
        }

        Assert.Equal(["begun", "left"], await server.Board.WaitAsync(key, 2));
    }

    [Fact]
    public async Task Client_ThatLeavesADownload_EndsItInTheProgram()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/download/{1L << 40}?key={key}");
            await connection.ReadHeadAsync();
            connection.Reset();
        }

        Assert.Equal(["part"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task Response_BrokenOff_IsNeverComplete()
    {
        HydraServer server = await Pool.GetAsync(Programs.Probe);
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/stream/{key}?then=abort");
        await connection.ReadHeadAsync();
        Assert.Equal("first", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        server.Board.Open(key);

        Assert.Null(await connection.ReadChunkAsync());
        await server.Log.ExpectErrorAsync("The program has broken", $"GET /stream/{key}");
    }

    [Fact]
    public async Task Request_ThatTakesTooLong_Is504AndLeavesTheProgram()
    {
        ServerSpec spec = Programs.Probe;
        HydraServer server = await Pool.GetAsync(spec with { Arguments = [.. spec.Arguments, "--request-timeout", "1s"] });
        string key = Board.NewKey();
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri($"/slow/{key}", UriKind.Relative));

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(["begun", "left"], await server.Board.WaitAsync(key, 2));
        await server.Log.ExpectErrorAsync("no response", $"/slow/{key}");
    }

    [Theory]
    [InlineData("/close", 200, "until the end")]
    [InlineData("/old", 200, "old")]
    [InlineData("/chunked", 200, "hello world")]
    [InlineData("/hints", 200, "ok")]
    [InlineData("/hops", 200, "ok")]
    public async Task Response_OfEveryFraming_IsItsBody(string path, int status, string body)
    {
        HydraServer server = await Pool.GetAsync(Programs.Raw);
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal((status, body), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Response_ReasonHintsAndHops_AreHandledAsByAProxy()
    {
        HydraServer server = await Pool.GetAsync(Programs.Raw);
        await using RawConnection connection = await server.ConnectAsync();
        Assert.Equal("HTTP/1.1 200 Fine", (await connection.ExchangeAsync("GET /chunked HTTP/1.1\r\nHost: test\r\n\r\n")).StatusLine);

        await connection.GetAsync("/hints");
        (string status, List<KeyValuePair<string, string>> fields) = await connection.ReadHeadAsync();
        Assert.Equal(("HTTP/1.1 103 Early Hints", "</a.css>"), (status, fields.Single(static field => field.Key.Equals("link", StringComparison.OrdinalIgnoreCase)).Value));
        Assert.Equal("ok", (await connection.ReadResponseAsync()).Text);

        RawResponse hops = await connection.ExchangeAsync("GET /hops HTTP/1.1\r\nHost: test\r\n\r\n");
        Assert.Equal("f\u00fcr", hops.Value("X-Stays"));
        Assert.DoesNotContain(hops.Headers, static field => field.Key.ToLowerInvariant() is "x-hop" or "keep-alive" or "connection");
    }

    [Theory]
    [InlineData("/silent", "has closed the connection before it answered")]
    [InlineData("/nonsense", "has answered with something that is no HTTP/1.1")]
    public async Task Response_ThatIsNone_Is502AndSaid(string path, string sentence)
    {
        HydraServer server = await Pool.GetAsync(Programs.Raw);
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri(path, UriKind.Relative), null);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await server.Log.ExpectErrorAsync(sentence, "POST " + path);
    }

    [Theory]
    [InlineData("/cut")]
    [InlineData("/cut-chunked")]
    public async Task Response_ShorterThanPromised_IsNotComplete(string path)
    {
        HydraServer server = await Pool.GetAsync(Programs.Raw);
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync(path);

        Assert.False((await connection.ReadResponseAsync()).IsComplete);
        await server.Log.ExpectErrorAsync("The program has broken off its response", path + ":");
    }

    [Fact]
    public async Task Connections_ThatTheProgramCloses_AreNotMissed()
    {
        HydraServer server = await Pool.GetAsync(Programs.Raw);
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal("once", await server.GetTextAsync("/once"));
        }
    }
}
