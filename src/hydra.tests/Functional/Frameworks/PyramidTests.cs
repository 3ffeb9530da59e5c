using System.Net;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>A Pyramid application, with Debian's packages.</summary>
public sealed class PyramidTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Route_WithAName_IsMatched(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);

        Assert.Equal("hello from pyramid, grüße", await server.GetTextAsync("/hello/gr%C3%BC%C3%9Fe"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Form_WithAFile_IsWhole(bool chunked)
    {
        HydraServer server = await StartAsync("uds", 1);
        using var form = new MultipartFormDataContent { { new StringContent("näme"), "note" }, { new ByteArrayContent(new byte[3_000_000]), "file", "big.bin" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = form };
        request.Headers.TransferEncodingChunked = chunked;
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal(("näme", 3_000_000), (document.RootElement.GetProperty("name").GetString(), document.RootElement.GetProperty("size").GetInt32()));
        Assert.Equal($"{server.Address}upload", document.RootElement.GetProperty("url").GetString());
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Session_InACookie_IsKept(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using var client = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = server.Address };
        for (int i = 1; i <= 3; i++)
        {
            Assert.Equal($"{{\"count\": {i}}}", await client.GetStringAsync(new Uri("/count", UriKind.Relative)));
        }
    }

    [Fact]
    public async Task File_IsByteExact()
    {
        HydraServer server = await StartAsync("uds", 1);

        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Repository.Apps, "pyramid_app.py")), await server.GetTextAsync("/file"));
    }

    [Fact]
    public async Task Rows_ClientLeaves_IterableIsClosed()
    {
        HydraServer server = await StartAsync("uds", 1);
        string key = Board.NewKey();
        await using (RawConnection client = await server.ConnectAsync())
        {
            await client.GetAsync($"/rows/{key}");
            await client.ReadHeadAsync();
            Assert.StartsWith("row 0\n", Encoding.ASCII.GetString((await client.ReadChunkAsync())!), StringComparison.Ordinal);
        }

        Assert.Equal(["closed"], await server.Board.WaitAsync(key));
    }

    [Fact]
    public async Task View_Raises_Gives500AndLogsTheTraceback()
    {
        HydraServer server = await StartAsync("uds", 1);
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri("/fail", UriKind.Relative));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await server.Log.ExpectErrorAsync("RuntimeError: a view that fails");
    }

    private Task<HydraServer> StartAsync(string transport, int workers) => Pool.GetAsync(Matrix.Spec("pyramid_app:app", transport, workers));
}
