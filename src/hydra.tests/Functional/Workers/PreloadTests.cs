using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;
using static Hydra.Tests.Functional.Workers.PreloadedServer;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--preload: the application is imported once and workers are forked from that.</summary>
public sealed class PreloadTests
{
    [Theory]
    [InlineData("asgi")]
    [InlineData("wsgi")]
    public async Task Workers_Three_ShareOneImport(string callable)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(callable, 3));
        Dictionary<string, JsonElement> workers = await server.WorkersAsync(3);
        int template = Assert.Single(server.Importers());

        Assert.Equal(["0", "1", "2"], workers.Keys.Order());
        Assert.Equal(3, workers.Values.Select(Pid).Distinct().Count());
        Assert.All(workers.Values, worker =>
        {
            Assert.Equal(template, worker.GetProperty("importer").GetInt32());
            Assert.Equal(template, worker.GetProperty("parent").GetInt32());
            Assert.True(worker.GetProperty("frozen").GetBoolean());
        });
        if (callable == "asgi")
        {
            // The lifespan is each worker's own.
            Assert.Equal(workers.Values.Select(worker => $"{Pid(worker)}").Order(), server.Board.Records("lifespan").Order());
        }
    }

    [Fact]
    public async Task Memory_OfWhatWasImported_IsThereOnce()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("wsgi", 3));
        Dictionary<string, JsonElement> workers = await server.WorkersAsync(3);

        // The application holds 64 MiB and 200,000 objects. Of these a worker has no page of its own.
        Assert.All(workers.Values, worker => Assert.InRange(Processes.Private(Pid(worker)), 1, 32 << 20));
    }

    [Fact]
    public async Task RandomNumbers_OfWorkers_Differ()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("wsgi", 3));
        string[] random = [.. (await server.WorkersAsync(3)).Values.SelectMany(worker => worker.GetProperty("random").EnumerateArray()).Select(n => n.ToString())];

        Assert.Equal(9, random.Distinct().Count());
    }

    [Theory]
    [InlineData("asyncio")]
    [InlineData("uvloop")]
    public async Task EventLoop_IsEachWorkersOwn(string loop)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2, "--loop", loop));
        Dictionary<string, JsonElement> workers = await server.WorkersAsync(2);

        Assert.All(workers.Values, worker => Assert.Equal(loop, worker.GetProperty("loop").GetString()));
        Assert.All(workers.Values, worker => Assert.Contains("anon_inode:[eventpoll]", Processes.Descriptors(Pid(worker))));
        Assert.DoesNotContain("anon_inode:[eventpoll]", Processes.Descriptors(Assert.Single(server.Importers())));
    }

    [Fact]
    public async Task Worker_Killed_IsForkedAgainWithoutAnImport()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        int before = Pid((await server.WorkersAsync(2))["1"]);
        Processes.Signal(before, Processes.Kill);
        await server.Log.ExpectErrorAsync($"worker 1 (pid {before})", "SIGKILL");
        await server.Log.WaitUntilReadyAsync(worker: 1, times: 2);

        Assert.NotEqual(before, Pid((await server.WorkersAsync(2))["1"]));
        Assert.Single(server.Importers());
    }

    [Fact]
    public async Task Worker_Exits_ItsCodeIsInTheLog()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("wsgi", 1));
        Assert.Equal(502, (int)(await server.Client.PostAsync("/exit", null)).StatusCode);

        await server.Log.ExpectErrorAsync("worker 0", "exited with code 7");
        await server.Log.ExpectErrorAsync("POST /exit", "502");
        Assert.Single(await server.WorkersAsync(1));
    }

    [Fact]
    public async Task Worker_SignalledToEnd_LeavesItToTheFront()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 1));
        int before = Pid((await server.WorkersAsync(1))["0"]);
        Processes.Signal(before, Processes.Terminate);

        Assert.Equal(before, Pid((await server.WorkersAsync(1))["0"]));
    }

    [Fact]
    public async Task Worker_HoldsItsMainThread_IsInterrupted()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("wsgi", 1, "--request-timeout", "1s"));
        int before = Pid((await server.WorkersAsync(1))["0"]);
        Assert.Equal(504, (int)(await server.Client.GetAsync("/sleep")).StatusCode);

        Assert.Equal(before, Pid((await server.WorkersAsync(1))["0"]));
        server.Log.ExpectAnyErrors("/sleep");
    }

    [Fact]
    public async Task Signals_OfTheApplication_AreHandledInWorkersAsItSays()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 1));
        int worker = Pid((await server.WorkersAsync(1))["0"]);
        Processes.Signal(worker, Processes.User1);

        await Eventually.HoldsAsync(() => server.Board.Records("usr1").Contains($"{worker}"), "the application's signal handler", () => server.Log.Text);
    }

    [Fact]
    public async Task Group_SignalledToEnd_StopsInOrder()
    {
        // What a terminal and systemd do by default: everybody gets the signal.
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        Dictionary<string, JsonElement> workers = await server.WorkersAsync(2);
        foreach (int pid in (int[])[.. server.Importers(), .. workers.Values.Select(Pid), server.Pid])
        {
            Processes.Signal(pid, Processes.Interrupt);
        }

        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Front_KilledWhileTheTemplateLoads_LeavesNothing()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("asgi", 2).Version("slow"));
        await Eventually.HoldsAsync(() => server.Importers().Length == 1, "the import", () => server.Log.Text);
        server.Signal(Processes.Kill);

        Assert.Equal(128 + Processes.Kill, await server.ExitAsync());
    }

    [Fact]
    public async Task Stop_WhileTheTemplateLoads_DoesNotWaitForIt()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("asgi", 2).Version("slow"));
        await Eventually.HoldsAsync(() => server.Importers().Length == 1, "the import", () => server.Log.Text);

        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Number_Changes_ByForks()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 1));
        server.Signal(Processes.MoreWorkers);
        await server.WorkersAsync(2);
        int second = Pid((await server.WorkersAsync(2))["1"]);
        server.Signal(Processes.FewerWorkers);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(second), "the end of the second worker", () => server.Log.Text);

        Assert.Single(server.Importers());
    }

    [Fact]
    public async Task Range_GrowsByForks()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wearing:app") { Arguments = ["--preload", "--workers", "1:2", "--scale-idle", "1s"] });
        Task[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (server.Log.ReadyCount(worker: 1) == 0)
            {
                await server.GetTextAsync("/block");
            }
        }))];

        await Task.WhenAll(clients);
        await server.Log.WaitAsync("removing a worker; there are to be 1");
        Assert.Single(server.Log.Find("the template process", "has loaded the application"));
    }

    [Fact]
    public async Task MaxRequests_Reached_ReplacesTheWorkerByAFork()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 1, "--max-requests", "20"));
        var pids = new HashSet<int>();
        while (pids.Count < 3)
        {
            pids.Add(Pid((await server.WorkersAsync(1))["0"]));
        }

        await server.Log.WaitAsync("worker 0", "is to be replaced: it was given");
        Assert.Single(server.Importers());
    }

    [Fact]
    public async Task Output_OfTemplateAndWorkers_IsNamedInTheLog()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("wsgi", 1));
        JsonElement worker = JsonDocument.Parse(await server.GetTextAsync("/say")).RootElement;
        (int pid, int template) = (Pid(worker), worker.GetProperty("importer").GetInt32());

        await server.Log.WaitAsync($"template (pid {template})", "imported by the template");
        await server.Log.WaitAsync($"worker 0 (pid {pid})", $"said by {pid}");
        await server.Log.WaitAsync($"worker 0 (pid {pid})", $"complained by {pid}");
    }

    [Fact]
    public async Task Application_ThatStartsThreadsAtImport_IsWarned()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("preload_threads:app") { Arguments = ["--preload"] });

        await server.Log.WaitAsync("[WARN]", "template (pid", "made-at-import");
        Assert.Equal("hello", await server.GetTextAsync("/"));
    }

    [Fact]
    public async Task Application_ThatCannotBeImported_EndsTheStartWithItsTraceback()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("broken.raises_at_import:app") { Workers = 2, Arguments = ["--preload"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("Importing \"broken.raises_at_import\" failed");
        Assert.Contains("raises_at_import.py", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Application_ThatEndsItsProcessAtImport_EndsTheStart()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("asgi", 2).Version("exits"));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("the template process exited with code 9 while it loaded the application");
    }

    [Fact]
    public async Task Tcp_ForWorkers_IsRefused()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("asgi", 2) with { WorkerTransport = "tcp" });

        Assert.Equal(2, await server.ExitAsync());
        Assert.Contains("--preload needs --worker-transport uds", server.Log.Text, StringComparison.Ordinal);
    }
}
