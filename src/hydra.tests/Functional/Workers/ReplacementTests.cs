using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>Workers that die, and a front that dies.</summary>
public sealed class ReplacementTests
{
    [Theory]
    [InlineData("uds")]
    [InlineData("tcp")]
    public async Task Workers_Two_HaveTheirIndexesAndBothServe(string transport)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Workers = 2, WorkerTransport = transport });

        Assert.Equal(["0", "1"], (await WorkersAsync(server)).Keys.Order());
        Assert.Equal(server.WorkerPids().Order(), (await WorkersAsync(server)).Values.Order());
    }

    [Theory]
    [InlineData("uds")]
    [InlineData("tcp")]
    public async Task Worker_Killed_IsReplacedUnderItsIndex(string transport)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Workers = 2, WorkerTransport = transport });
        Dictionary<string, int> before = await WorkersAsync(server);
        Processes.Signal(before["1"], Processes.Kill);

        await server.Log.ExpectErrorAsync($"worker 1 (pid {before["1"]})", "SIGKILL");
        await server.Log.WaitUntilReadyAsync(worker: 1, times: 2);
        Dictionary<string, int> after = await WorkersAsync(server);
        Assert.Equal(before["0"], after["0"]);
        Assert.NotEqual(before["1"], after["1"]);
    }

    [Fact]
    public async Task Worker_OnlyOneAndKilled_RequestsWaitForTheNext()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        Processes.Signal(Assert.Single(server.WorkerPids()), Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Worker_KilledWhileRequestsRun_CostsIdempotentRequestsNothing()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        string key = Board.NewKey();
        Task<string>[] requests = [.. Enumerable.Range(0, 20).Select(_ => server.GetTextAsync($"/slow/{key}"))];
        await server.Board.WaitAsync(key, 20);
        Processes.Signal((await WorkersAsync(server))["0"], Processes.Kill);
        await server.Log.ExpectErrorAsync("worker 0", "SIGKILL");
        server.Board.Open(key);

        Assert.All(await Task.WhenAll(requests), text => Assert.Equal("finished", text));
    }

    [Fact]
    public async Task Worker_ThatFailsToStartAgain_IsTriedAgainWithBackOff()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("broken.fails_when_restarted:app"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(502, (await connection.ReadResponseAsync()).Status);
        await server.Log.ExpectErrorAsync("exited with code 7");
        await server.Log.ExpectErrorAsync("502");

        string first = await server.Log.ExpectErrorAsync("worker 0", "not a second time", "trying again in");
        string second = await server.Log.ExpectErrorAsync("worker 0", "not a second time", "trying again in");
        Assert.True(Delay(second) > Delay(first), $"{first}\n{second}");
        await server.StopAsync();
        server.Log.ExpectAnyErrors("not a second time");
    }

    [Theory]
    [InlineData("uds", 1)]
    [InlineData("uds", 2)]
    [InlineData("tcp", 2)]
    public async Task Front_Killed_LeavesNoWorker(string transport, int workers)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Workers = workers, WorkerTransport = transport });
        Assert.Equal(workers, server.WorkerPids().Count);
        server.Signal(Processes.Kill);

        // Waits for the end of all that it started.
        Assert.Equal(128 + Processes.Kill, await server.ExitAsync());
        Assert.Empty(server.Tree());
    }

    [Fact]
    public async Task Front_KilledWhileTheApplicationBlocks_LeavesNoWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("wsgi_probe:app"));
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/meet/{key}");
        await server.Board.WaitAsync(key);
        server.Signal(Processes.Kill);

        await server.ExitAsync();
        Assert.Empty(server.Tree());
    }

    [Theory]
    [InlineData("broken.slow_start:app", "slow-start")]
    [InlineData("broken.holds_lock:app", "holds-lock")]
    public async Task Front_KilledWhileWorkersStart_LeavesNoWorker(string application, string key)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec(application));
        await server.Board.WaitAsync(key);
        server.Signal(Processes.Kill);

        await server.ExitAsync();
        Assert.Empty(server.Tree());
    }

    [Fact]
    public async Task Requests_BeforeTheWorkersAreReady_Wait()
    {
        int port = FreePort.Find();
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("broken.slow_start:app") { Port = $"{port}" });
        await server.Board.WaitAsync("slow-start");
        await using RawConnection connection = await RawConnection.OpenAsync(port);
        await connection.GetAsync("/");
        Assert.False(connection.HasData);
        server.Board.Open("slow-start");

        Assert.Equal("ready at last", (await connection.ReadResponseAsync()).Text);
    }

    private static double Delay(string record)
        => double.Parse(record.Split("trying again in ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    // Several at a time, so that more than one worker is asked.
    private static async Task<Dictionary<string, int>> WorkersAsync(HydraServer server)
    {
        var workers = new Dictionary<string, int>();
        await Eventually.HoldsAsync(
            () =>
            {
                foreach (var answer in Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.GetJsonAsync("/worker"))).GetAwaiter().GetResult())
                {
                    workers[answer.GetProperty("id").GetString()!] = answer.GetProperty("pid").GetInt32();
                }

                return workers.Count >= server.Spec.Workers;
            },
            "an answer of each worker",
            () => string.Join(", ", workers));
        return workers;
    }
}
