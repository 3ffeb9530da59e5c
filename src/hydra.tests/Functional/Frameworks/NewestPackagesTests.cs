using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>What people install today, where that can be had: the newest frameworks on CPython 3.11, with uvloop.</summary>
public sealed class NewestPackagesTests(ServerPool pool) : PooledTests(pool)
{
    [NewestPackagesTheory]
    [InlineData("fastapi_app:app")]
    [InlineData("django_app:wsgi")]
    [InlineData("django_app:asgi")]
    [InlineData("flask_app:app")]
    [InlineData("litestar_app:app")]
    [InlineData("falcon_app:app")]
    [InlineData("quart_app:app")]
    [InlineData("falcon_wsgi_app:app")]
    [InlineData("bottle_app:app")]
    [InlineData("aiohttp_app:create")]
    [InlineData("tornado_app:app")]
    public async Task Newest_ChunkedUpload_IsComplete(string app)
    {
        HydraServer server = await StartAsync(app);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/length") { Content = new ByteArrayContent(new byte[2_000_000]) };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(2_000_000, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("length").GetInt32());
    }

    [NewestPackagesTheory]
    [InlineData("fastapi_app:app", "/rows/")]
    [InlineData("fastapi_app:app", "/threaded/rows/")]
    [InlineData("django_app:wsgi", "/rows/")]
    [InlineData("django_app:asgi", "/rows/")]
    [InlineData("flask_app:app", "/rows/")]
    [InlineData("litestar_app:app", "/rows/")]
    [InlineData("falcon_app:app", "/rows/")]
    [InlineData("quart_app:app", "/rows/")]
    [InlineData("falcon_wsgi_app:app", "/rows/")]
    [InlineData("bottle_app:app", "/rows/")]
    [InlineData("aiohttp_app:create", "/rows/")]
    [InlineData("tornado_app:app", "/rows/")]
    public async Task Newest_ClientLeaves_EndlessStreamEnds(string app, string path)
    {
        HydraServer server = await StartAsync(app);
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync(path + key);
            await connection.ReadHeadAsync();
            Assert.NotEmpty((await connection.ReadChunkAsync())!);
            Assert.Empty(server.Board.Records(key));
            connection.Reset();
        }

        Assert.Equal(["ended"], await server.Board.WaitAsync(key));
        server.Log.ExpectAnyErrors("ClientDisconnect");
    }

    [NewestPackagesFact]
    public async Task NewestStarlette_ClientLeavesAFile_FileIsClosed()
    {
        HydraServer server = await StartAsync("fastapi_app:app");
        int front = server.Pid;
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync("/file");
            await connection.ReadHeadAsync();
            await Eventually.HoldsAsync(() => HasFile(front), "the file to be open");
            connection.Reset();
        }

        await Eventually.HoldsAsync(() => !HasFile(front), "the file to be closed");
    }

    [NewestPackagesFact]
    public async Task NewestFastApi_BackgroundTask_RunsAfterTheResponse()
    {
        HydraServer server = await StartAsync("fastapi_app:app");
        string key = Board.NewKey();
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri($"/notify/{key}", UriKind.Relative), null);

        Assert.Equal($"{{\"accepted\":\"{key}\"}}", await response.Content.ReadAsStringAsync());
        Assert.Empty(server.Board.Records(key));
        server.Board.Open(key);
        Assert.Equal(["done"], await server.Board.WaitAsync(key));
    }

    [NewestPackagesFact]
    public async Task NewestFlask_SendFile_WholePartAndUnchanged()
    {
        HydraServer server = await StartAsync("flask_app:app");
        byte[] expected = await File.ReadAllBytesAsync(Path.Combine(Repository.Apps, "newest", "flask_app.py"));
        using HttpResponseMessage whole = await server.Client.GetAsync(new Uri("/file", UriKind.Relative));
        using HttpResponseMessage part = await GetAsync(server, headers => headers.Range = new RangeHeaderValue(3, 40));
        using HttpResponseMessage unchanged = await GetAsync(server, headers => headers.IfNoneMatch.Add(whole.Headers.ETag!));

        Assert.Equal(expected, await whole.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(expected[3..41], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [NewestPackagesFact]
    public async Task NewestSse_EachEvent_IsHereBeforeTheNextAndTheGeneratorEndsWithTheClient()
    {
        HydraServer server = await StartAsync("sse_app:app");
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/events/{key}");
            await connection.ReadHeadAsync();
            for (int i = 0; i < 2; i++)
            {
                server.Board.Open($"{key}-{i}");
                Assert.Equal($"event: count\r\ndata: {i}\r\n\r\n", Encoding.ASCII.GetString((await connection.ReadChunkAsync())!));
            }
        }

        // The third event never comes: the client has gone while the generator waits.
        Assert.Equal(["ended"], await server.Board.WaitAsync(key));
    }

    // A session is in the memory of a worker: its client's connection stays with that one.
    [NewestPackagesTheory]
    [InlineData("mcp_app:app", 1)]
    [InlineData("mcp_app:app", 2)]
    public async Task NewestMcp_StreamableHttp_CallsATool(string app, int workers)
    {
        HydraServer server = await StartAsync(app, workers);
        using HttpResponseMessage hello = await CallAsync(server, null, """
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
            """);
        string session = hello.Headers.GetValues("mcp-session-id").Single();
        using HttpResponseMessage ready = await CallAsync(server, session, """{"jsonrpc":"2.0","method":"notifications/initialized"}""");
        using HttpResponseMessage sum = await CallAsync(server, session, """
            {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add","arguments":{"a":2,"b":40}}}
            """);

        Assert.Equal("text/event-stream", hello.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.Accepted, ready.StatusCode);
        Assert.Contains("\"text\":\"42\"", await sum.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    // Its sessions are in the memory of a worker as well, and the client's connections for events and for messages are two: with several workers they may
    // not meet, under any server.
    [NewestPackagesFact]
    public async Task NewestMcp_Sse_CallsATool()
    {
        HydraServer server = await StartAsync("mcp_app:sse");
        await using RawConnection events = await server.ConnectAsync();
        // It looks at Host, against pages of other sites.
        await events.SendAsync($"GET /sse HTTP/1.1\r\nHost: {server.Address.Authority}\r\nAccept: text/event-stream\r\n\r\n");
        await events.ReadHeadAsync();
        string endpoint = (await ReadEventAsync(events)).Trim();
        foreach (string message in (string[])[
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""",
            """{"jsonrpc":"2.0","method":"notifications/initialized"}""",
            """{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add","arguments":{"a":2,"b":40}}}"""])
        {
            using var content = new StringContent(message, Encoding.UTF8, "application/json");
            using HttpResponseMessage taken = await server.Client.PostAsync(new Uri(endpoint, UriKind.Relative), content);
            Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        }

        Assert.Contains("\"id\":1", await ReadEventAsync(events), StringComparison.Ordinal);
        Assert.Contains("\"text\":\"42\"", await ReadEventAsync(events), StringComparison.Ordinal);
    }

    [NewestPackagesFact]
    public async Task NewestSentry_Failure_IsOneEvent()
    {
        HydraServer server = await StartAsync("sentry_app:app");
        foreach ((string path, string error) in new[] { ("/fail", "a handler that fails"), ("/bare", "an application that fails") })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
            await server.Log.ExpectErrorAsync("RuntimeError: " + error);
        }

        // One more request goes through the same event loop: what the failures caused has happened.
        Assert.Equal("here", await server.GetTextAsync("/"));
        Assert.Equal(["a handler that fails", "an application that fails"], server.Board.Records("events"));
    }

    private static bool HasFile(int worker) => Processes.Descriptors(worker).Any(path => path.EndsWith("/large.bin", StringComparison.Ordinal));

    private static Task<HttpResponseMessage> GetAsync(HydraServer server, Action<HttpRequestHeaders> change)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/file");
        change(request.Headers);
        return server.Client.SendAsync(request);
    }

    private static Task<HttpResponseMessage> CallAsync(HydraServer server, string? session, string json)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Add("Accept", "application/json, text/event-stream");
        if (session is not null)
        {
            request.Headers.Add("mcp-session-id", session);
            request.Headers.Add("mcp-protocol-version", "2025-06-18");
        }

        return server.Client.SendAsync(request);
    }

    // The data of the next one; each comes in a chunk of its own.
    private static async Task<string> ReadEventAsync(RawConnection connection)
    {
        string text = Encoding.UTF8.GetString((await connection.ReadChunkAsync())!);
        return text.Split('\n').Single(static line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..];
    }

    private Task<HydraServer> StartAsync(string app, int workers = 1)
        => Pool.GetAsync(new ServerSpec("newest." + app) { Python = NewestPackages.Python, Workers = workers });
}
