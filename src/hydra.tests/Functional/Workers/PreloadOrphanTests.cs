using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;
using static Hydra.Tests.Functional.Workers.PreloadedServer;

namespace Hydra.Tests.Functional.Workers;

/// <summary>What becomes of the workers of --preload when the process that they were forked from ends or hangs, and when the server is killed.</summary>
public sealed class PreloadOrphanTests
{
    [Fact]
    public async Task Template_KilledUnderLoad_ItsWorkersFinishAndAreReplaced()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        Dictionary<string, JsonElement> before = await server.WorkersAsync(2);
        int template = Assert.Single(server.Importers());
        Task<string>[] waiting = [.. Enumerable.Range(0, 8).Select(_ => server.GetTextAsync("/wait"))];
        await server.Board.WaitAsync("wait", waiting.Length);
        Task[] load = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (server.Log.ReadyCount(worker: 0) < 2 || server.Log.ReadyCount(worker: 1) < 2)
            {
                // Fails for every answer but 200.
                await server.GetTextAsync("/");
            }
        }))];
        Processes.Signal(template, Processes.Kill);
        await server.Log.ExpectErrorAsync("the template process", "SIGKILL", "its workers serve on");
        await Task.WhenAll(load);
        Dictionary<string, JsonElement> after = await server.WorkersAsync(2);

        int another = Assert.Single(server.Importers(), pid => pid != template);
        Assert.All(after.Values, worker => Assert.Equal(another, worker.GetProperty("importer").GetInt32()));
        server.Board.Open("wait");
        string[] answers = await Task.WhenAll(waiting);
        Assert.All(answers, answer => Assert.Equal(template, JsonDocument.Parse(answer).RootElement.GetProperty("importer").GetInt32()));
        await Eventually.HoldsAsync(
            () => !before.Values.Select(Pid).Any(Processes.IsAlive), "the end of the first template's workers", () => server.Log.Text);
    }

    [Fact]
    public async Task Worker_DiesAfterItsTemplate_IsReplacedWhenThereIsAnother()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        Dictionary<string, JsonElement> before = await server.WorkersAsync(2);
        await server.SetVersionAsync("slow");
        await KillTemplateAsync(server);
        await Eventually.HoldsAsync(() => server.Importers().Length == 2, "another template", () => server.Log.Text);
        Processes.Signal(Pid(before["0"]), Processes.Kill);
        await server.Log.ExpectErrorAsync($"worker 0 (pid {Pid(before["0"])})", "code that is not known");

        Assert.Equal(Pid(before["1"]), Pid(Assert.Single(await server.WorkersAsync(1)).Value));
        server.Board.Open("import");
        await server.Log.WaitUntilReadyAsync(worker: 0, times: 2);
        await server.Log.WaitUntilReadyAsync(worker: 1, times: 2);
        Assert.All((await server.WorkersAsync(2)).Values, worker => Assert.Equal("slow", worker.GetProperty("version").GetString()));
    }

    [Fact]
    public async Task Template_KilledAndTheCodeCannotBeImportedAnyMore_ItsWorkersServeOn()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 1));
        Dictionary<string, JsonElement> before = await server.WorkersAsync(1);
        await server.SetVersionAsync("broken");
        await KillTemplateAsync(server);
        await server.Log.ExpectErrorAsync("this version cannot be imported");

        Assert.Equal(Pid(before["0"]), Pid((await server.WorkersAsync(1))["0"]));
        await server.SetVersionAsync("2");
        await server.Log.WaitUntilReadyAsync(worker: 0, times: 2);
        Assert.Equal("2", (await server.WorkersAsync(1))["0"].GetProperty("version").GetString());
        server.Log.ExpectAnyErrors("cannot be imported");
    }

    [Fact]
    public async Task Template_HangsInAForkHook_IsReplaced()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("asgi", 1).Version("fork-hook"));
        await Eventually.HoldsAsync(() => server.Importers().Length == 1, "the import", () => server.Log.Text);
        await server.SetVersionAsync("1");
        await server.Log.ExpectErrorAsync("the template process", "has not answered");
        await server.Log.ExpectErrorAsync("the template process", "SIGKILL");

        await server.WaitUntilReadyAsync();
        Assert.Equal("1", (await server.WorkersAsync(1))["0"].GetProperty("version").GetString());
    }

    [Fact]
    public async Task Template_Stopped_IsReplacedWhenAWorkersEndIsNotReported()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        Dictionary<string, JsonElement> before = await server.WorkersAsync(2);
        Processes.Signal(Assert.Single(server.Importers()), Processes.Stop);
        Processes.Signal(Pid(before["0"]), Processes.Kill);
        await server.Log.ExpectErrorAsync("the template process", "has not answered");
        await server.Log.ExpectErrorAsync("the template process", "SIGKILL");
        await server.Log.ExpectErrorAsync($"worker 0 (pid {Pid(before["0"])})", "SIGKILL");
        await server.Log.WaitUntilReadyAsync(worker: 0, times: 2);
        await server.Log.WaitUntilReadyAsync(worker: 1, times: 2);
        Dictionary<string, JsonElement> after = await server.WorkersAsync(2);

        Assert.Empty(after.Values.Select(Pid).Intersect(before.Values.Select(Pid)));
    }

    [Fact]
    public async Task Front_Killed_LeavesNeitherTemplateNorWorkers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        server.Signal(Processes.Kill);

        Assert.Equal(128 + Processes.Kill, await server.ExitAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Front_KilledWhileAWorkerHoldsTheInterpretersLock_LeavesNothing(bool isTemplateKilledBefore)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("wsgi", 1));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/hold");
        await server.Board.WaitAsync("hold");
        if (isTemplateKilledBefore)
        {
            Processes.Signal(Assert.Single(server.Importers()), Processes.Kill);
            await server.Log.ExpectErrorAsync("the template process", "SIGKILL");
        }

        server.Signal(Processes.Kill);

        // Waits for the end of all that it started.
        Assert.Equal(128 + Processes.Kill, await server.ExitAsync());
        Assert.Empty(server.Tree());
    }

    private static async Task KillTemplateAsync(HydraServer server)
    {
        Processes.Signal(Assert.Single(server.Importers()), Processes.Kill);
        await server.Log.ExpectErrorAsync("the template process", "SIGKILL", "its workers serve on");
    }
}
