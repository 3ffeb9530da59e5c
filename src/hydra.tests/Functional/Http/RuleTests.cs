using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>Requests and responses at the edge of the rules of HTTP (RFC 9110, RFC 9112).</summary>
public sealed class RuleTests(ServerPool pool) : PooledTests(pool)
{
    private const string Post = "POST /scope HTTP/1.1\r\nHost: a\r\n";

    [Theory]
    [InlineData("Content-Length: +3\r\n\r\nabc", 400)]
    [InlineData("Content-Length: -0\r\n\r\n", 400)]
    [InlineData("Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400)]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501)]
    [InlineData("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFF\r\nabc", 413)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc", 413)]
    public async Task Body_WithUnclearLength_IsRefusedAndTheConnectionCloses(string rest, int status)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(Post + rest);

        Assert.Equal(status, response.Status);
        Assert.True(await connection.HasEndedAsync());
    }

    [Fact]
    public async Task Headers_OfChunkedRequestsAndThoseBehindThem_KeepTheirOrder()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync(
            "POST /scope HTTP/1.1\r\nX-B: 1\r\nHost: a\r\nX-A: 2\r\nx-b: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n"
            + "GET /scope HTTP/1.1\r\nX-D: 1\r\nHost: a\r\nX-C:\r\nX-D: 3\r\n\r\n"
            + "GET /scope HTTP/1.1\r\nX-E: 1\r\nHost: a\r\n\r\n");

        Assert.Equal(["x-b=1", "host=a", "x-a=2", "x-b=3", "content-length=3"], Headers(await connection.ReadResponseAsync()));
        Assert.Equal(["x-d=1", "host=a", "x-c=", "x-d=3"], Headers(await connection.ReadResponseAsync()));
        Assert.Equal(["x-e=1", "host=a"], Headers(await connection.ReadResponseAsync()));
    }

    [Fact]
    public async Task Headers_LengthBesideChunked_ReachTheApplicationWithTheLengthThatIsTrue()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(Post + "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");

        Assert.Equal(["content-length=3"], Headers(response).Where(header => header.StartsWith("content-length", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public async Task Status_ThatHasNoBody_LeavesTheConnectionInOrder(int status)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync($"GET /status/{status} HTTP/1.1\r\nHost: a\r\n\r\n", isHead: true);
        RawResponse next = await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(status, response.Status);
        Assert.Equal("hello", next.Text);
    }

    [Fact]
    public async Task Method_InLowerCase_IsNotHead()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse next = await connection.ExchangeAsync("head /nothing-here HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.NotEqual(500, next.Status);
        Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Expect100_AnsweredWithoutReading_ClosesTheConnection()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("POST /no-read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal(200, response.Status);
        Assert.Equal("close", response.Value("Connection"));
        Assert.True(await connection.HasEndedAsync());
    }

    private static IEnumerable<string> Headers(RawResponse response)
        => response.Json().GetProperty("headers").EnumerateArray().Select(pair => $"{Bytes(pair[0])}={Bytes(pair[1])}");

    private static string? Bytes(JsonElement value) => value.GetProperty("bytes").GetString();

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("asgi_probe:app"));
}
