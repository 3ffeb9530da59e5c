using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Asgi;

/// <summary>http.response messages: what arrives of them at the client.</summary>
public sealed class ResponseTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Response_Headers_KeepOrderDuplicatesAndBytes()
    {
        RawResponse response = await GetAsync("/headers");

        Assert.Equal(["a=1", "b=2"], response.Values("Set-Cookie"));
        Assert.Equal("kept", response.Value("x-mixed-case"));
        Assert.Equal("\xe9", response.Value("x-latin"));
    }

    [Fact]
    public async Task Response_HeadersThatServersSet_AreTheApplicationsAndAppearOnce()
    {
        RawResponse response = await GetAsync("/own-headers");

        Assert.Equal(["Thu, 01 Jan 1970 00:00:00 GMT"], response.Values("Date"));
        Assert.Equal(["probe"], response.Values("Server"));
        Assert.Equal("mine", response.Text);
    }

    [Fact]
    public async Task Response_TransferEncodingOfTheApplication_IsTheServersBusiness()
    {
        RawResponse response = await GetAsync("/own-headers");

        Assert.Empty(response.Values("Transfer-Encoding"));
        Assert.Equal("4", response.Value("Content-Length"));
    }

    [Fact]
    public async Task Response_WithLength_IsNotChunked()
    {
        RawResponse response = await GetAsync("/hello");

        Assert.Equal("HTTP/1.1 200 OK", response.StatusLine);
        Assert.Equal("5", response.Value("Content-Length"));
        Assert.Empty(response.Values("Transfer-Encoding"));
        Assert.Equal("hello", response.Text);
    }

    [Fact]
    public async Task Response_WithoutLength_IsChunkedAndFlushedAsItComes()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/chunks/{key}");
        for (int i = 0; i < 3; i++)
        {
            server.Board.Open($"{key}-{i}");
            if (i == 0)
            {
                var (_, headers) = await connection.ReadHeadAsync();
                Assert.Contains(new("Transfer-Encoding", "chunked"), headers);
            }

            Assert.Equal($"piece {i}\n", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        }

        Assert.Empty(Assert.IsType<byte[]>(await connection.ReadChunkAsync()));
    }

    [Fact]
    public async Task Response_HeadWithoutBodyYet_IsSentAtOnce()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/head-first/{key}");
        var (statusLine, _) = await connection.ReadHeadAsync();
        Assert.Equal("HTTP/1.1 200 OK", statusLine);

        server.Board.Open(key);
        Assert.Equal("late", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
    }

    [Fact]
    public async Task Response_Empty_IsComplete()
    {
        RawResponse response = await GetAsync("/empty");

        Assert.Equal(200, response.Status);
        Assert.True(response.IsComplete);
        Assert.Empty(response.Body);
    }

    [Theory]
    [InlineData("HEAD /hello", 200)]
    [InlineData("HEAD /status/200", 200)]
    [InlineData("GET /status/204", 204)]
    [InlineData("GET /status/304", 304)]
    [InlineData("HEAD /status/204", 204)]
    public async Task Response_ThatHasNoBody_EndsAfterItsHead(string request, int status)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();

        // Whatever came of the body would stand in front of the second response.
        RawResponse response = await connection.ExchangeAsync($"{request} HTTP/1.1\r\nHost: a\r\n\r\n", isHead: true);
        RawResponse next = await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(status, response.Status);
        Assert.Equal("HTTP/1.1 200 OK", next.StatusLine);
        Assert.Equal("hello", next.Text);
    }

    [Fact]
    public async Task Response_ToHead_HasTheLengthOfTheBodyThatGetHas()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", isHead: true);

        Assert.Equal("5", response.Value("Content-Length"));
    }

    [Fact]
    public async Task Response_204_HasNeitherLengthNorTransferEncoding()
    {
        RawResponse response = await GetAsync("/status/204");

        Assert.Empty(response.Values("Content-Length"));
        Assert.Empty(response.Values("Transfer-Encoding"));
        Assert.Equal("204", response.Value("x-key"));
    }

    [Theory]
    [InlineData(201)]
    [InlineData(299)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(599)]
    public async Task Response_Status_IsTheApplications(int status)
    {
        RawResponse response = await GetAsync($"/status/{status}");

        Assert.Equal(status, response.Status);
        Assert.Equal("a body in two parts", response.Text);
    }

    [Fact]
    public async Task Send_ClientThatDoesNotRead_WaitsAndRaisesOSErrorWhenTheClientLeaves()
    {
        HydraServer server = await StartAsync();
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync(receiveBuffer: 64 * 1024);
        await connection.GetAsync($"/flood/{key}");

        // Of its 256 MB the application can only send what fits into buffers and windows.
        Assert.Equal(["blocked"], await server.Board.WaitAsync(key));
        connection.Reset();
        Assert.Equal(["blocked", "OSError"], await server.Board.WaitAsync(key, 2));
    }

    private async Task<RawResponse> GetAsync(string path)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        return await connection.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("asgi_probe:app"));
}
