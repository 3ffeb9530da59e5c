using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

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
        Dictionary<string, JsonElement> workers = await WorkersAsync(server, 3);
        int template = int.Parse(Assert.Single(server.Board.Records("import")), System.Globalization.CultureInfo.InvariantCulture);

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
    public async Task Worker_Killed_IsForkedAgainWithoutAnImport()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        int before = Pid((await WorkersAsync(server, 2))["1"]);
        Processes.Signal(before, Processes.Kill);
        await server.Log.ExpectErrorAsync($"worker 1 (pid {before})", "SIGKILL");
        await Eventually.HoldsAsync(() => server.Log.Find("worker 1", "is ready").Count == 2, "the new worker 1", () => server.Log.Text);

        Assert.NotEqual(before, Pid((await WorkersAsync(server, 2))["1"]));
        Assert.Single(server.Board.Records("import"));
    }

    [Fact]
    public async Task Worker_Exits_ItsCodeIsInTheLog()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("wsgi", 1));
        Assert.Equal(502, (int)(await server.Client.PostAsync("/exit", null)).StatusCode);

        await server.Log.ExpectErrorAsync("worker 0", "exited with code 7");
        server.Log.ExpectAnyErrors("502");
        Assert.Single(await WorkersAsync(server, 1));
    }

    [Fact]
    public async Task Template_Killed_IsReplacedWithItsWorkers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        Dictionary<string, JsonElement> before = await WorkersAsync(server, 2);
        Processes.Signal(before["0"].GetProperty("importer").GetInt32(), Processes.Kill);
        await server.Log.ExpectErrorAsync("the template process", "SIGKILL");
        await server.Log.ExpectErrorAsync("worker 0", "SIGKILL");
        await server.Log.ExpectErrorAsync("worker 1", "SIGKILL");
        Dictionary<string, JsonElement> after = await WorkersAsync(server, 2);

        Assert.Empty(after.Values.Select(Pid).Intersect(before.Values.Select(Pid)));
        Assert.Equal(2, server.Board.Records("import").Count);
    }

    [Fact]
    public async Task Front_Killed_LeavesNeitherTemplateNorWorkers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        server.Signal(Processes.Kill);

        Assert.Equal(128 + Processes.Kill, await server.ExitAsync());
    }

    [Fact]
    public async Task Reload_ImportsTheNewCodeOnce()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        int template = (await WorkersAsync(server, 2))["0"].GetProperty("importer").GetInt32();
        await File.WriteAllTextAsync(server.FilePath("version"), "2");
        server.Signal(Processes.Hangup);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(template), "the end of the old template", () => server.Log.Text);
        Dictionary<string, JsonElement> after = await WorkersAsync(server, 2);

        Assert.All(after.Values, worker => Assert.Equal("2", worker.GetProperty("version").GetString()));
        Assert.Equal(2, server.Board.Records("import").Count);
    }

    [Fact]
    public async Task Reload_CodeThatCannotBeImported_LeavesTheOldServing()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        await File.WriteAllTextAsync(server.FilePath("version"), "broken");
        server.Signal(Processes.Hangup);
        await server.Log.ExpectErrorAsync("this version cannot be imported");
        Dictionary<string, JsonElement> after = await WorkersAsync(server, 2);
        server.Log.ExpectAnyErrors("this version cannot be imported");

        Assert.All(after.Values, worker => Assert.Equal("1", worker.GetProperty("version").GetString()));
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

        await server.Log.WaitAsync("[WARN]", "made-at-import");
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

    private static ServerSpec Spec(string callable, int workers)
        => new($"preload_probe:{callable}") { Workers = workers, Arguments = ["--preload"] };

    private static int Pid(JsonElement worker) => worker.GetProperty("pid").GetInt32();

    private static async Task<Dictionary<string, JsonElement>> WorkersAsync(HydraServer server, int count)
    {
        Dictionary<string, JsonElement> found = [];
        long deadline = Environment.TickCount64 + (long)Eventually.Limit.TotalMilliseconds;
        while (found.Count < count)
        {
            Assert.True(Environment.TickCount64 < deadline, $"only the workers {string.Join(", ", found.Keys)} answered\n{server.Log.Text}");
            string[] texts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.GetTextAsync("/")));
            foreach (JsonElement worker in texts.Select(text => JsonDocument.Parse(text).RootElement))
            {
                found[worker.GetProperty("id").GetString()!] = worker;
            }
        }

        return found;
    }
}
