using System.Globalization;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>Requests that wait in the front for a worker.</summary>
public sealed class QueueTests
{
    [Fact]
    public async Task Queue_FullByNumber_Gives503WithRetryAfterAndServesTheOthers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--queue-size", "2"));
        await using RawConnection running = await OccupyAsync(server, "all");
        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 3).Select(_ => server.Client.GetAsync("/hello"))];
        HttpResponseMessage refused = await await Task.WhenAny(requests);

        AssertRefused(refused);
        await ReleaseAsync(server, running, "all");
        Assert.Equal([200, 200, 503], (await Task.WhenAll(requests)).Select(r => (int)r.StatusCode).Order());
        Assert.Single(server.Log.Find("the queue is full"));
    }

    [Fact]
    public async Task Queue_FullByBytes_Gives503WithRetryAfterAndServesTheOthers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--queue-bytes", "64k"));
        await using RawConnection running = await OccupyAsync(server, "all");

        // Four times 20 KiB is more than 64.
        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 4).Select(_ => GetLargeAsync(server))];
        AssertRefused(await await Task.WhenAny(requests));

        await ReleaseAsync(server, running, "all");
        Assert.Equal([200, 200, 200, 503], (await Task.WhenAll(requests)).Select(r => (int)r.StatusCode).Order());
    }

    [Fact]
    public async Task Queue_Timeout_Gives503WithRetryAfterAndTheWorkerNeverSeesTheRequest()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--queue-timeout", "200ms"));
        await using RawConnection running = await OccupyAsync(server, "all");

        AssertRefused(await server.Client.GetAsync("/meet/late"));
        await ReleaseAsync(server, running, "all");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Empty(server.Board.Records("late"));
        Assert.Single(server.Log.Find("waited as long as they may"));
    }

    [Fact]
    public async Task Queue_ClientLeaves_FreesItsPlaceAndTheWorkerNeverSeesTheRequest()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--queue-size", "1", "--access-log", "--access-log-format", "timed"));
        await using RawConnection running = await OccupyAsync(server, "all");
        await using (RawConnection leaving = (await OneOfTwoAsync(server, "/meet/left")).Connection)
        {
            leaving.Reset();
        }

        await Eventually.HoldsAsync(() => Lines(server, "/meet/left", " 499 ").Length == 1, "the end of the request", () => server.Log.Text);

        // The place is free again: for one.
        (RawConnection next, Task<RawResponse> response) = await OneOfTwoAsync(server, "/hello");
        await ReleaseAsync(server, running, "all");
        Assert.Equal("hello", (await response).Text);
        await next.DisposeAsync();
        Assert.Empty(server.Board.Records("left"));
    }

    [Fact]
    public async Task QueueTime_Wsgi_IsInTheEnvironAndInTheAccessLog()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--queue-size", "1", "--access-log", "--access-log-format", "timed", "--request-start"));
        JsonElement direct = await server.GetJsonAsync("/environ");
        Assert.False(direct.TryGetProperty("HTTP_X_REQUEST_START", out _));
        Assert.False(direct.GetProperty("types").TryGetProperty("hydra.queue_time", out _));

        JsonElement waited = await WaitAsync(server, "/environ", "/meet/all");

        Assert.Equal("float", waited.GetProperty("types").GetProperty("hydra.queue_time").GetString());
        AssertStart(waited.GetProperty("HTTP_X_REQUEST_START").GetString()!);
        await Eventually.HoldsAsync(() => Lines(server, "/environ", "queue=").Length == 1, "the wait in the access log", () => server.Log.Text);
    }

    [Fact]
    public async Task QueueTime_Asgi_IsInTheScopeAndInTheAccessLog()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--queue-size", "1", "--access-log", "--access-log-format", "timed", "--limit-concurrency", "1"] });
        Assert.False((await server.GetJsonAsync("/scope")).GetProperty("extensions").TryGetProperty("hydra", out _));

        JsonElement waited = await WaitAsync(server, "/scope", "/slow/all");

        Assert.True(waited.GetProperty("extensions").GetProperty("hydra").GetProperty("queue_time").GetDouble() > 0);
        Assert.DoesNotContain(waited.GetProperty("headers").EnumerateArray(), h => h[0].Bytes() == "x-request-start");
        await Eventually.HoldsAsync(() => Lines(server, "/scope", "queue=").Length == 1, "the wait in the access log", () => server.Log.Text);
    }

    private static ServerSpec Spec(params string[] arguments) => new("wsgi_probe:bare") { Arguments = arguments };

    // The only thread of the only worker.
    private static async Task<RawConnection> OccupyAsync(HydraServer server, string gate, string path = "/meet/all")
    {
        RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync(path);
        await server.Board.WaitAsync(gate);
        return connection;
    }

    private static async Task ReleaseAsync(HydraServer server, RawConnection running, string gate)
    {
        server.Board.Open(gate);
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
    }

    private static async Task<HttpResponseMessage> GetLargeAsync(HydraServer server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/hello");
        request.Headers.Add("X-Large", new string('x', 20 * 1024));
        return await server.Client.SendAsync(request);
    }

    // With one place in the queue one of two requests is refused; gives the connection of the other, which waits.
    private static async Task<(RawConnection Connection, Task<RawResponse> Response)> OneOfTwoAsync(HydraServer server, string path)
    {
        RawConnection[] connections = [await server.ConnectAsync(), await server.ConnectAsync()];
        foreach (RawConnection connection in connections)
        {
            await connection.GetAsync(path);
        }

        Task<RawResponse>[] responses = [.. connections.Select(c => c.ReadResponseAsync())];
        int refused = Array.IndexOf(responses, await Task.WhenAny(responses));
        Assert.Equal(503, (await responses[refused]).Status);
        await connections[refused].DisposeAsync();
        return (connections[1 - refused], responses[1 - refused]);
    }

    // Of two requests one waits and the other is refused; the one that waited has its answer when the worker is free.
    private static async Task<JsonElement> WaitAsync(HydraServer server, string path, string occupying)
    {
        await using RawConnection running = await OccupyAsync(server, "all", occupying);
        Task<HttpResponseMessage>[] requests = [server.Client.GetAsync(path), server.Client.GetAsync(path)];
        Task<HttpResponseMessage> refused = await Task.WhenAny(requests);
        AssertRefused(await refused);
        await ReleaseAsync(server, running, "all");
        HttpResponseMessage waited = await requests.Single(r => r != refused);
        return await waited.ReadJsonAsync();
    }

    private static void AssertRefused(HttpResponseMessage response)
    {
        Assert.Equal(503, (int)response.StatusCode);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
    }

    private static void AssertStart(string text)
    {
        Assert.StartsWith("t=", text, StringComparison.Ordinal);
        DateTimeOffset start = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(text[2..], CultureInfo.InvariantCulture) / 1000);
        Assert.InRange(start, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow);
    }

    private static string[] Lines(HydraServer server, params string[] fragments)
        => [.. server.Log.Output.Where(line => Array.TrueForAll(fragments, f => line.Contains(f, StringComparison.Ordinal)))];
}
