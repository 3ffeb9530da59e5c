using System.Diagnostics;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>Requests whose worker dies before it has answered.</summary>
public sealed class CrashRecoveryTests
{
    [Theory]
    [InlineData("idempotent", "GET", 2)]
    [InlineData("idempotent", "PUT", 2)]
    [InlineData("idempotent", "POST", 1)]
    [InlineData("always", "POST", 2)]
    [InlineData("never", "GET", 1)]
    public async Task Retry_Mode_DecidesWhichRequestsAreSentOnceMore(string mode, string method, int times)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--retry", mode));
        RawResponse response = await SendAsync(server, method, "/exits");

        Assert.Equal(times == 2 ? 500 : 502, response.Status);
        Assert.Equal(times, server.Board.Records("exits").Count);
        await ExpectExitsAsync(server, times);
        await server.Log.ExpectErrorAsync("/exits");
    }

    [Theory]
    [InlineData("asgi_misbehaviours:app")]
    [InlineData("wsgi_misbehaviours:app")]
    public async Task Poison_KilledTwoWorkers_Gets500AndKillsNoThird(string app)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(app) { Workers = 2 });
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(500, (await SendAsync(server, "GET", "/exits")).Status);
        }

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await ExpectDeathsAsync(server, "GET /exits", clock);
    }

    [Fact]
    public async Task Poison_ThatIsNotIdempotent_IsConvictedByItsSecondAttempt()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        Assert.Equal(502, (await SendAsync(server, "POST", "/exits")).Status);
        var clock = Stopwatch.StartNew();
        Assert.Equal(500, (await SendAsync(server, "POST", "/exits")).Status);
        Assert.Equal(500, (await SendAsync(server, "POST", "/exits")).Status);

        await server.Log.ExpectErrorAsync("/exits", "502");
        await ExpectDeathsAsync(server, "POST /exits", clock);
    }

    [Fact]
    public async Task Poison_BesideManyIdenticalRequests_CostsNoneOfThemAnything()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        using var end = new CancellationTokenSource();
        var statuses = new System.Collections.Concurrent.ConcurrentBag<int>();
        int answered = 0;
        Task[] clients = [.. Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            await using RawConnection connection = await server.ConnectAsync();
            while (!end.IsCancellationRequested)
            {
                statuses.Add((await connection.ExchangeAsync("GET /fifth HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
                Interlocked.Increment(ref answered);
            }
        }))];
        const int rounds = 4;
        for (int round = 0; round < rounds; round++)
        {
            // Of another kind each time, so that each is met while nothing is known of it.
            await MoreAsync(32);
            Assert.Equal(500, (await SendAsync(server, "GET", $"/segfault?round={round}")).Status);
            await server.Log.ExpectErrorAsync($"/segfault", "nothing beside it");
            Assert.Equal(500, (await SendAsync(server, "GET", $"/segfault?round={round}")).Status);
        }

        await MoreAsync(64);
        await end.CancelAsync();
        await Task.WhenAll(clients);
        Assert.All(statuses, static status => Assert.Equal(200, status));

        // How many deaths and verdicts there are besides the first two and the first of each round is the machine's affair: a worker that dies before the
        // front has heard that it began the request counts against nobody, and on a slow machine a convicted one is tried again. The log is whole when
        // the server has ended.
        Assert.Equal(0, await server.StopAsync());
        server.Log.ExpectAnyErrors("SIGSEGV");
        server.Log.ExpectAnyErrors("nothing beside it");

        async Task MoreAsync(int count)
        {
            int goal = Volatile.Read(ref answered) + count;
            await Eventually.HoldsAsync(() => Volatile.Read(ref answered) >= goal, "more answers", () => server.Log.Text);
        }
    }

    [Fact]
    public async Task Poison_WorkersKilledFromOutside_DoesNotBlameTheirRequests()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        for (int round = 0; round < 4; round++)
        {
            // The same request, many times, in a worker that is killed.
            string key = $"round-{round}";
            Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 8).Select(_ => server.Client.GetAsync("/slow/same"))];
            Task<HttpResponseMessage> own = server.Client.GetAsync($"/slow/{key}");
            await server.Board.WaitAsync(key);
            int before = server.Log.ReadyCount();
            Processes.Signal(server.WorkerPids()[0], Processes.Kill);
            await server.Log.ExpectErrorAsync("SIGKILL");
            await Eventually.HoldsAsync(() => server.Log.ReadyCount() > before, "the next worker", () => server.Log.Text);
            server.Board.Open(key);
            server.Board.Open("same");
            Assert.All(await Task.WhenAll([.. requests, own]), r => Assert.Equal(200, (int)r.StatusCode));
        }

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    private static ServerSpec Spec(params string[] arguments) => new("asgi_misbehaviours:app") { Workers = 2, Arguments = arguments };

    // Two workers, and one for each time that the convicted request was tried: after 1 s first, then after 2 s more, 4 s more. Since before it was
    // convicted so much of that is over as the clock says, which is nothing unless the machine is slow.
    private static async Task ExpectDeathsAsync(HydraServer server, string request, Stopwatch clock)
    {
        int deaths = server.Board.Records("exits").Count;
        Assert.InRange(deaths, 2, 2 + (int)Math.Log2(1 + clock.Elapsed.TotalSeconds));
        await ExpectExitsAsync(server, deaths);
        for (int i = 1; i < deaths; i++)
        {
            await server.Log.ExpectErrorAsync(request, "nothing beside it");
        }
    }

    private static async Task ExpectExitsAsync(HydraServer server, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await server.Log.ExpectErrorAsync("exited with code 7");
        }
    }

    private static async Task<RawResponse> SendAsync(HydraServer server, string method, string path)
    {
        await using RawConnection connection = await server.ConnectAsync();
        return await connection.ExchangeAsync($"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    }
}
