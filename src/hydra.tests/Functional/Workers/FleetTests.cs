using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>More workers, fewer workers, and fresh ones in the place of old ones.</summary>
public sealed class FleetTests
{
    [Fact]
    public async Task Signals_TtinAndTtou_AddAndRemoveAWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));

        // Two signals that come together are one.
        server.Signal(Processes.MoreWorkers);
        await server.Log.WaitAsync("SIGTTIN", "there are to be 2");
        server.Signal(Processes.MoreWorkers);
        await WorkersAsync(server, 3);
        await server.Log.WaitUntilReadyAsync(worker: 2);

        server.Signal(Processes.FewerWorkers);
        await WorkersAsync(server, 2);
        server.Signal(Processes.FewerWorkers);
        await WorkersAsync(server, 1);
        server.Signal(Processes.FewerWorkers);
        await server.Log.WaitAsync("[WARN]", "SIGTTOU", "no fewer");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Ttou_WhileARequestRuns_FinishesIt()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        string key = Board.NewKey();
        Task<string>[] requests = [.. Enumerable.Range(0, 8).Select(_ => server.GetTextAsync($"/slow/{key}"))];
        await server.Board.WaitAsync(key, 8);
        server.Signal(Processes.FewerWorkers);
        await server.Log.WaitAsync("removing a worker");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        server.Board.Open(key);

        Assert.All(await Task.WhenAll(requests), text => Assert.Equal("finished", text));
        await WorkersAsync(server, 1);
    }

    [Fact]
    public async Task Workers_Range_GrowWhileRequestsWaitAndShrinkAfterwards()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wearing:app") { Arguments = ["--workers", "1:2", "--scale-idle", "1s"] });
        Assert.Single(server.WorkerPids());
        Task[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (server.Log.ReadyCount(worker: 1) == 0)
            {
                await server.GetTextAsync("/block");
            }
        }))];

        await server.Log.WaitAsync("requests wait", "adding a worker; there are to be 2");
        await Task.WhenAll(clients);
        await server.Log.WaitAsync("no worker was missed", "removing a worker; there are to be 1");
        await WorkersAsync(server, 1);
    }

    [Fact]
    public async Task MaxRequests_Reached_ReplacesTheWorkerWithoutALostRequest()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wearing:app") { Arguments = ["--max-requests", "20", "--max-requests-jitter", "5"] });
        var pids = new HashSet<string>();
        while (pids.Count < 3)
        {
            pids.Add(await server.GetTextAsync("/"));
        }

        await server.Log.WaitAsync("worker 0", "is to be replaced: it was given", "its limit is 2");
    }

    [Fact]
    public async Task MaxRss_Exceeded_ReplacesTheWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wearing:app") { Arguments = ["--worker-max-rss", "120m"] });
        string before = await server.GetTextAsync("/grow");
        await server.GetTextAsync("/grow");

        await server.Log.WaitAsync($"worker 0 (pid {before}) is to be replaced", "MiB of memory, the limit is 120 MiB");
        await Eventually.HoldsAsync(() => server.GetTextAsync("/").GetAwaiter().GetResult() != before, "another worker", () => server.Log.Text);
    }

    [Fact]
    public async Task MaxLifetime_Reached_ReplacesTheWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wearing:app") { Arguments = ["--worker-max-lifetime", "500ms"] });
        string before = await server.GetTextAsync("/");

        await server.Log.WaitAsync($"worker 0 (pid {before}) is to be replaced", "it has served for");
        await Eventually.HoldsAsync(() => server.GetTextAsync("/").GetAwaiter().GetResult() != before, "another worker", () => server.Log.Text);
    }

    [Fact]
    public async Task Worker_Stopped_OthersTakeOver()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("wearing:app") { Workers = 2 });
        int stopped = server.WorkerPids()[0];
        Processes.Signal(stopped, Processes.Stop);
        try
        {
            // One request at most is given to it: after that the other one is always the less busy.
            var answered = new List<string>();
            Task<string>[] requests = [.. Enumerable.Range(0, 4).Select(_ => server.GetTextAsync("/"))];
            await Eventually.HoldsAsync(() => requests.Count(r => r.IsCompletedSuccessfully) >= 2, "answers of the other worker");
            for (int i = 0; i < 20; i++)
            {
                answered.Add(await server.GetTextAsync("/"));
            }

            Assert.DoesNotContain($"{stopped}", answered);
            Processes.Signal(stopped, Processes.Continue);
            await Task.WhenAll(requests);
        }
        finally
        {
            Processes.Signal(stopped, Processes.Continue);
        }
    }

    [Fact]
    public async Task Hangup_ToTheWholeGroup_KillsNoWorker()
    {
        // A terminal that is closed reaches the workers, too.
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        string key = Board.NewKey();
        Task<string> request = server.GetTextAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        foreach (int pid in server.WorkerPids().Append(server.Pid))
        {
            Processes.Signal(pid, Processes.Hangup);
        }

        await server.Log.WaitAsync("replaced in ");
        server.Board.Open(key);
        Assert.Equal("finished", await request);
    }

    [Fact]
    public async Task LogRotation_Signalled_GoesOn()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--log-level", "debug"] });
        server.Signal(Processes.User1);
        await server.Log.WaitAsync("SIGUSR1 came");

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Theory]
    [InlineData(Processes.User1)]
    [InlineData(Processes.User2)]
    public async Task Command_ToTheWholeGroup_EndsNoWorker(int signal)
    {
        // As "systemctl kill -s USR1" in the script of a tool that rotates logs; without a handler it ends a Python process.
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        string before = await server.GetTextAsync("/worker");
        Processes.Signal(Assert.Single(server.WorkerPids()), signal);

        Assert.Equal(before, await server.GetTextAsync("/worker"));
    }

    [Fact]
    public async Task Terminate_ToTheWholeGroup_LosesNoRequest()
    {
        // What systemd does by default at a stop, and a person at one worker: it is the front's to decide about.
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        await using var load = new KeepAliveLoad(() => server.ConnectAsync(), keeping: 16, fresh: 0);
        IReadOnlyList<int> workers = server.WorkerPids();
        foreach (int pid in workers)
        {
            Processes.Signal(pid, Processes.Terminate);
            await load.MoreAsync(200);
        }

        Assert.Equal(workers, server.WorkerPids());
        string key = Board.NewKey();
        Task<string> request = server.GetTextAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        foreach (int pid in workers.Append(server.Pid))
        {
            Processes.Signal(pid, Processes.Terminate);
        }

        await server.Log.WaitAsync("SIGTERM: stopping");
        server.Board.Open(key);
        Assert.Equal("finished", await request);
        Assert.Empty(await load.EndAsync());
        Assert.Equal(0, await server.ExitAsync());
    }

    private static Task WorkersAsync(HydraServer server, int count)
        => Eventually.HoldsAsync(() => server.WorkerPids().Count == count, $"{count} workers", () => server.Log.Text);
}
