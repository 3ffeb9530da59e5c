using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>A FastAPI application.</summary>
public sealed class FastApiTests(ServerPool pool) : PooledTests(pool)
{
    private static readonly string[] Tags = ["hot"];

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Validation_WrongBody_Gives422WithEachError(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(new Uri("/items", UriKind.Relative), new { price = -1 });
        JsonElement detail = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("detail");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(["name", "price"], detail.EnumerateArray().Select(e => e.GetProperty("loc")[1].GetString()!).Order());
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Validation_RightBody_IsTaken(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(
            new Uri("/items", UriKind.Relative), new { name = "tea", price = 2.5, tags = Tags });

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("""{"created":"tea","total":5.0,"tags":["hot"]}""", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Dependencies_QueryAndHeader_AreInjectedAndCleanedUp(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        int before = server.Board.Records("dependency").Count;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "ada");
        using HttpResponseMessage known = await server.Client.SendAsync(request);
        using HttpResponseMessage unknown = await server.Client.GetAsync(new Uri("/me", UriKind.Relative));

        Assert.Equal("""{"number":7,"skip":20,"limit":10}""", await server.GetTextAsync("/items/7?skip=20"));
        Assert.Equal("""{"user":"ada"}""", await known.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        Assert.Equal(before + 1, (await server.Board.WaitAsync("dependency", before + 1)).Count);
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task BackgroundTask_AfterTheResponse_RunsToItsEnd(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        string key = Board.NewKey();
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri($"/notify/{key}", UriKind.Relative), null);

        // The response is here, complete; the task waits for this test.
        Assert.Equal($"{{\"accepted\":\"{key}\"}}", await response.Content.ReadAsStringAsync());
        Assert.Empty(server.Board.Records(key));
        server.Board.Open(key);
        Assert.Equal(["done"], await server.Board.WaitAsync(key));
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Streaming_EachPiece_IsHereBeforeTheNextIsMade(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/stream/{key}");
        for (int i = 0; i < 3; i++)
        {
            server.Board.Open($"{key}-{i}");
            if (i == 0)
            {
                await connection.ReadHeadAsync();
            }

            Assert.Equal($"line {i}\n", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        }

        Assert.Empty(Assert.IsType<byte[]>(await connection.ReadChunkAsync()));
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Endpoint_ThatIsNoCoroutine_RunsInAThread(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);

        Assert.StartsWith("{\"worker\":", await server.GetTextAsync("/thread"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Upload_File_Arrives(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(new byte[1_500_000]), "file", "zeros.bin" } };
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/files", UriKind.Relative), form);

        Assert.Equal("""{"name":"zeros.bin","length":1500000}""", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Endpoint_Raises_Gives500AndLogsTheTraceback(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri("/fail", UriKind.Relative));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await server.Log.ExpectErrorAsync("RuntimeError: an endpoint that fails");
    }

    private Task<HydraServer> StartAsync(string transport, int workers) => Pool.GetAsync(Matrix.Spec("fastapi_app:app", transport, workers));
}
