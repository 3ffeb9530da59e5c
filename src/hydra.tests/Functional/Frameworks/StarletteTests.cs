using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>A Starlette application.</summary>
public sealed class StarletteTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Lifespan_State_IsInEachRequest(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        JsonElement first = await server.GetJsonAsync("/state");

        Assert.StartsWith("connected in worker ", first.GetProperty("database").GetString(), StringComparison.Ordinal);
        Assert.Equal(workers, server.Board.Records("starlette-lifespan").Count);
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Events_EachOne_IsHereBeforeTheNextIsMade(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/events/{key}", "Accept: text/event-stream\r\n");
        for (int i = 0; i < 3; i++)
        {
            server.Board.Open($"{key}-{i}");
            if (i == 0)
            {
                var (_, headers) = await connection.ReadHeadAsync();
                Assert.Contains(headers, h => h.Value.StartsWith("text/event-stream", StringComparison.Ordinal));
            }

            Assert.Equal($"id: {i}\ndata: event {i}\n\n", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
        }

        // The client leaves: the application's stream is ended, not left waiting for ever.
        await connection.DisposeAsync();
        Assert.Equal(["stream ended"], await server.Board.WaitAsync(key));
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Response_File_IsByteExact(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);

        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Repository.Apps, "starlette_app.py")), await server.GetTextAsync("/file"));
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Mount_Request_HasTheUrlThatTheClientAskedFor(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        JsonElement where = await server.GetJsonAsync("/sub/where?x=1");

        Assert.Equal($"{server.Address}sub/where?x=1", where.GetProperty("url").GetString());
        Assert.Equal("/sub", where.GetProperty("root").GetString());
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Middleware_AndForm_Work(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["a"] = "1", ["b"] = "ü" });
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/through/echo", UriKind.Relative), form);

        Assert.Equal("a=1 b=ü", await response.Content.ReadAsStringAsync());
        Assert.Equal(["middleware"], response.Headers.GetValues("x-through"));
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Endpoint_Raises_Gives500AndLogsTheTraceback(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri("/fail", UriKind.Relative));

        Assert.Equal(500, (int)response.StatusCode);
        await server.Log.ExpectErrorAsync("RuntimeError: an endpoint that fails");
    }

    private Task<HydraServer> StartAsync(string transport, int workers) => Pool.GetAsync(Matrix.Spec("starlette_app:app", transport, workers));
}
