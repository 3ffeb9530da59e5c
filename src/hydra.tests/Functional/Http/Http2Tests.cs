using System.Diagnostics;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>HTTP/2 without TLS beside HTTP/1.1, and what clients get that abuse it.</summary>
public sealed class Http2Tests
{
    [Fact]
    public async Task Cleartext_BothVersions_AreSpokenAtOneAddress()
    {
        await using HydraServer server = await StartAsync();

        Assert.Contains("\"http_version\": \"2\"", await CurlAsync(server, "/scope", "--http2-prior-knowledge"), StringComparison.Ordinal);
        Assert.Contains("\"http_version\": \"1.1\"", await CurlAsync(server, "/scope", "--http1.1"), StringComparison.Ordinal);

        // Upgrade: h2c is obsolete (RFC 9113, section 3.1), and passed over.
        Assert.Contains("\"http_version\": \"1.1\"", await CurlAsync(server, "/scope", "--http2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cleartext_LargeBodies_AreByteExactBothWays()
    {
        await using HydraServer server = await StartAsync();
        byte[] body = new byte[5_000_000];
        new Random(3).NextBytes(body);
        string path = server.FilePath("body");
        await File.WriteAllBytesAsync(path, body);

        await CurlAsync(server, "/mirror", "--http2-prior-knowledge", "--data-binary", "@" + path, "-o", path + ".back");
        Assert.Equal(body, await File.ReadAllBytesAsync(path + ".back"));
    }

    [Fact]
    public async Task Cleartext_NotAskedFor_IsAnsweredWithGoAway()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--http-protocols", "h1"] });
        await using Http2Connection client = await Http2Connection.OpenAsync(server);

        Assert.Equal(13, (await client.ReadUntilAsync(Http2Connection.GoAway))!.Error);
        Assert.Equal("hello", await server.Client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
    }

    [Theory]
    [InlineData("GET", "/hello", "http", "test")]
    [InlineData("GET", "/hello", "https", "test")]
    [InlineData("GET", "/hello", "http", "test", "host", "test")]
    [InlineData("GET", "/hello", "http", "test", "te", "trailers")]
    [InlineData("GET", "/hello", "http", "test", "priority", "u=1, i")]
    [InlineData("GET", "/hello", "http", null, "host", "test")]
    public async Task Head_AsItMayBe_IsServed(string method, string path, string scheme, string? authority, params string[] field)
    {
        await using HydraServer server = await StartAsync();
        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        await client.SendAsync(Http2Connection.Request(1, Fields(method, path, scheme, authority, field)));

        Assert.Equal("hello", Encoding.ASCII.GetString((await client.ReadUntilAsync(Http2Connection.Data, 1))!.Payload));
    }

    [Fact]
    public async Task Head_HostBesideAuthority_IsForNobody()
    {
        await using HydraServer server = await StartAsync();
        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        await client.SendAsync(Http2Connection.Request(1, [.. Http2Connection.Get("/scope"), ("host", "other.example")]));

        string scope = Encoding.ASCII.GetString((await client.ReadUntilAsync(Http2Connection.Data, 1))!.Payload);
        Assert.Contains("\"test\"", scope, StringComparison.Ordinal);
        Assert.DoesNotContain("other.example", scope, StringComparison.Ordinal);
    }

    // Malformed (RFC 9113, sections 8.1 to 8.3): the stream is reset or answered with 400, or the connection ends.
    [Theory]
    [InlineData("GET", "", "http", "test")]
    [InlineData("", "/hello", "http", "test")]
    [InlineData("GET", null, "http", "test")]
    [InlineData("GET", "/hello", null, "test")]
    [InlineData(null, "/hello", "http", "test")]
    [InlineData("GET", "/hello", "http", "test", "connection", "close")]
    [InlineData("GET", "/hello", "http", "test", "transfer-encoding", "chunked")]
    [InlineData("GET", "/hello", "http", "test", "upgrade", "websocket")]
    [InlineData("GET", "/hello", "http", "test", "te", "gzip")]
    [InlineData("GET", "/hello", "http", "test", "X-Upper", "1")]
    [InlineData("GET", "/hello", "http", "test", ":path", "/two")]
    [InlineData("GET", "/hello", "http", "test", ":unknown", "1")]
    [InlineData("GET", "/hello", "http", "test", "content-length", "5")]
    [InlineData("GET", "/hello", "http", "test", "a", "1\r\nb: 2")]
    [InlineData("GET", "/hello", "http", "test", "a", "1\0")]
    [InlineData("GET", "/he llo", "http", "test")]
    [InlineData("GET", "/hello", "ftp", "test")]
    [InlineData("GET", "/hello", "http", "te st")]
    [InlineData("GET", "/hello", "http", "user@test")]
    [InlineData("GET", "/hello#fragment", "http", "test")]
    [InlineData("GET", "/hello", "http", null)]
    [InlineData("GET", "/hello", "http", "")]
    [InlineData("GET", "/hello", "http", null, "host", "")]
    public async Task Head_Malformed_ReachesNoApplication(string? method, string? path, string? scheme, string? authority, params string[] field)
    {
        await using HydraServer server = await StartAsync();
        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        await client.SendAsync(Http2Connection.Request(1, Fields(method, path, scheme, authority, field)));

        Http2Frame? answer;
        do
        {
            answer = await client.ReadAsync();
        }
        while (answer is { Type: not (Http2Connection.Reset or Http2Connection.GoAway or Http2Connection.Data) });
        Assert.True(answer is not { Type: Http2Connection.Data } || Encoding.ASCII.GetString(answer.Payload) == "Bad Request\n", Encoding.ASCII.GetString(answer?.Payload ?? []));
        Assert.Equal("hello", await server.Client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
    }

    [Fact]
    public async Task Body_OtherThanItsLength_ResetsTheStream()
    {
        await using HydraServer server = await StartAsync();
        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        (string, string)[] fields = [(":method", "POST"), (":scheme", "http"), (":authority", "test"), (":path", "/mirror"), ("content-length", "5")];
        await client.SendAsync(
            Http2Connection.Frame(Http2Connection.Headers, Http2Connection.EndHeaders, 1, Http2Connection.Block(fields)),
            Http2Connection.Frame(Http2Connection.Data, Http2Connection.EndStream, 1, "four"u8.ToArray()));

        Assert.NotNull(await client.ReadUntilAsync(Http2Connection.Reset, 1));
    }

    [Fact]
    public async Task Flood_OfResets_EndsTheConnectionAndNobodyElseWaits()
    {
        await using HydraServer server = await StartAsync();
        for (int connection = 0; connection < 20; connection++)
        {
            await using Http2Connection client = await Http2Connection.OpenAsync(server);
            await client.SendAsync([.. Enumerable.Range(0, 1000).SelectMany(static i =>
                (byte[][])[Http2Connection.Request((2 * i) + 1, Http2Connection.Get("/hello")), Http2Connection.Cancel((2 * i) + 1)])]);

            Assert.NotNull(await client.ReadUntilAsync(Http2Connection.GoAway));
            await client.EndAsync();
            Assert.Equal("hello", await server.Client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
        }

        await server.Log.WaitAsync("its connection resets requests or sends empty frames without end");

        // Nothing of it is left that a stop would wait for.
        Assert.Equal(0, await server.StopAsync());
        Assert.Empty(server.Log.Find("not all requests finished"));
    }

    [Theory]
    [InlineData(Http2Connection.Ping, 8)]
    [InlineData(Http2Connection.Settings, 0)]
    public async Task Flood_OfFramesThatCarryNothing_EndsTheConnection(byte type, int length)
    {
        await using HydraServer server = await StartAsync();
        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        byte[] frame = Http2Connection.Frame(type, 0, 0, new byte[length]);
        await client.SendAsync([.. Enumerable.Repeat(frame, 3000)]);

        Assert.NotNull(await client.ReadUntilAsync(Http2Connection.GoAway));
        await client.EndAsync();
        Assert.Equal("hello", await server.Client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Flood_OfContinuations_EndsTheConnection(int value)
    {
        await using HydraServer server = await StartAsync();
        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        byte[] block = value == 0 ? [] : Http2Connection.Block(("a", new string('x', value)));
        await client.SendAsync(
            [Http2Connection.Frame(Http2Connection.Headers, 0, 1, Http2Connection.Block(Http2Connection.Get("/hello"))),
            .. Enumerable.Repeat(Http2Connection.Frame(Http2Connection.Continuation, 0, 1, block), 5000)]);

        Assert.NotNull(await client.ReadUntilAsync(Http2Connection.GoAway));
        await client.EndAsync();
        Assert.Equal("hello", await server.Client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
    }

    [Fact]
    public async Task Connection_AsManyRequestsAsItMayHave_EndsWithGoAwayAndTheyAreAnswered()
    {
        await using HydraServer server = await StartAsync("--limit-requests-per-connection", "2");
        await using Http2Connection client = await Http2Connection.OpenAsync(server);
        await client.SendAsync(Http2Connection.Request(1, Http2Connection.Get("/hello")), Http2Connection.Request(3, Http2Connection.Get("/hello")));

        List<byte> seen = [];
        while (await client.ReadAsync() is { } frame)
        {
            seen.Add(frame.Type);
        }

        Assert.Equal(2, seen.Count(static type => type == Http2Connection.Data));
        Assert.Contains(Http2Connection.GoAway, seen);
    }

    [Fact]
    public async Task Response_ForWhichTheClientLeavesNoRoom_HoldsNoThreadForEver()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("wsgi_probe:bare") { Arguments = ["--send-timeout", "500ms"] });
        await using Http2Connection still = await Http2Connection.OpenAsync(server);
        await still.SendAsync(Http2Connection.Request(1, Http2Connection.Get("/large/50000000")));
        Assert.NotNull(await still.ReadUntilAsync(Http2Connection.Headers, 1));

        // One thread: it is busy until the server has given the stream up.
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.NotNull(await still.ReadUntilAsync(Http2Connection.Reset, 1));
    }

    private static (string, string)[] Fields(string? method, string? path, string? scheme, string? authority, string[] field)
        => [.. new[] { (":method", method), (":scheme", scheme), (":authority", authority), (":path", path) }.Where(static pair => pair.Item2 is not null)
            .Select(static pair => (pair.Item1, pair.Item2!)), .. field.Chunk(2).Select(static pair => (pair[0], pair[1]))];

    private static Task<HydraServer> StartAsync(params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--http-protocols", "h1,h2", .. arguments] });

    private static async Task<string> CurlAsync(HydraServer server, string path, params string[] arguments)
    {
        var start = new ProcessStartInfo("curl", ["--silent", "--max-time", "60", .. arguments, new Uri(server.Address, path).AbsoluteUri]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
