using System.Diagnostics;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>/-/live, /-/ready and --shutdown-delay.</summary>
public sealed class HealthTests
{
    [Theory]
    [InlineData("asgi_probe:app", "/slow/")]
    [InlineData("wsgi_probe:app", "/meet/")]
    public async Task Health_WhileAllWorkersAreBusy_IsAnsweredByTheFront(string app, string path)
    {
        await using HydraServer server = await StartAsync(app);
        using HttpClient client = await ClientAsync(server);
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"{path}{key}");
        await server.Board.WaitAsync(key);

        Assert.Equal("200 live", await AskAsync(client, "/-/live"));
        Assert.Equal("200 ready", await AskAsync(client, "/-/ready"));
        using HttpResponseMessage head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/-/ready"));
        Assert.Equal((200, "no-store"), ((int)head.StatusCode, head.Headers.CacheControl!.ToString()));
        Assert.Equal(405, (int)(await client.PostAsync("/-/live", null)).StatusCode);
        server.Board.Open(key);
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);

        // That of the application is the application's.
        Assert.NotEqual("200 live", await AskAsync(server.Client, "/-/live"));
    }

    [Fact]
    public async Task Ready_WithoutAWorker_IsFalseUntilThereIsOne()
    {
        await using HydraServer server = await StartAsync("slow_start:app", "--start-timeout", "60");
        using HttpClient client = await ClientAsync(server);
        Assert.Equal("200 ready", await AskAsync(client, "/-/ready"));

        // The next one waits in its import until the gate is open.
        await File.WriteAllTextAsync(server.FilePath("wait"), "");
        Processes.Signal(Assert.Single(server.WorkerPids()), Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");
        await EventuallyAsync(client, "503 no worker is ready");
        Assert.Equal("200 live", await AskAsync(client, "/-/live"));
        File.Delete(server.FilePath("wait"));
        await EventuallyAsync(client, "200 ready");
    }

    [Fact]
    public async Task ShutdownDelay_AfterSigterm_ServesOnAndIsNotReady()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--shutdown-delay", "1h");
        using HttpClient client = await ClientAsync(server);
        server.Signal(Processes.Terminate);
        await server.Log.WaitAsync("SIGTERM: going on for 3600 s");
        var since = Stopwatch.StartNew();
        await EventuallyAsync(client, "503 stopping");
        Assert.Equal("200 live", await AskAsync(client, "/-/live"));

        // New connections, too.
        for (int i = 0; i < 3; i++)
        {
            await using RawConnection connection = await server.ConnectAsync();
            RawResponse response = await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal((200, "close"), (response.Status, response.Value("Connection")));
        }

        // The second signal cuts it short; the requests that run have their time.
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        // One that comes soon after the first is the same wish.
        await Eventually.HoldsAsync(
            () =>
            {
                bool isOver = server.Log.Text.Contains("a further signal: the delay is over", StringComparison.Ordinal);
                if (!isOver && since.Elapsed > TimeSpan.FromSeconds(1))
                {
                    server.Signal(Processes.Terminate);
                    since.Reset();
                }

                return isOver;
            },
            "the end of the delay");
        server.Board.Open(key);
        Assert.Equal("finished", (await running.ReadResponseAsync()).Text);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task ShutdownDelay_WhenItIsOver_Stops()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--shutdown-delay", "100ms");

        Assert.Equal(0, await server.StopAsync());
        await server.Log.WaitAsync("going on for 0.1 s");
        await server.Log.WaitAsync("stopped");
    }

    [Fact]
    public async Task ShutdownDelay_ForAPersonWhoPressesCtrlC_IsNone()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--shutdown-delay", "1h");
        server.Signal(Processes.Interrupt);

        Assert.Equal(0, await server.ExitAsync());
    }

    private static Task<HydraServer> StartAsync(string app, params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec(app) { Arguments = ["--metrics", "127.0.0.1:0", .. arguments] });

    private static async Task<HttpClient> ClientAsync(HydraServer server)
        => new() { BaseAddress = new Uri((await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim()) };

    private static async Task<string> AskAsync(HttpClient client, string path)
    {
        using HttpResponseMessage response = await client.GetAsync(path);
        return $"{(int)response.StatusCode} {(await response.Content.ReadAsStringAsync()).Trim()}";
    }

    private static async Task EventuallyAsync(HttpClient client, string expected)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        while (await AskAsync(client, "/-/ready") != expected)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }
}
