using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;
using static Hydra.Tests.Functional.Workers.PreloadedServer;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--preload and other code: SIGHUP, SIGUSR2.</summary>
public sealed class PreloadReloadTests
{
    private const string Release = """
        import os

        def app(environ, start_response):
            start_response("200 OK", [])
            return [b"RELEASE in " + os.path.basename(os.getcwd()).encode()]
        """;

    [Fact]
    public async Task Reload_ImportsTheNewCodeOnce()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        int template = Assert.Single(server.Importers());
        await server.SetVersionAsync("2");
        server.Signal(Processes.Hangup);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(template), "the end of the old template", () => server.Log.Text);
        Dictionary<string, JsonElement> after = await server.WorkersAsync(2);

        Assert.All(after.Values, worker => Assert.Equal("2", worker.GetProperty("version").GetString()));
        Assert.Equal(2, server.Importers().Length);
    }

    [Fact]
    public async Task Reload_LinkToAnotherRelease_IsFollowedAnew()
    {
        using var releases = new TestDirectory();
        releases.Write("one/release.py", Release.Replace("RELEASE", "one", StringComparison.Ordinal));
        releases.Write("two/release.py", Release.Replace("RELEASE", "two", StringComparison.Ordinal));
        string current = Path.Combine(releases.Path, "current");
        Directory.CreateSymbolicLink(current, Path.Combine(releases.Path, "one"));
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("release:app") { AppDirectory = ".", Workers = 2, Arguments = ["--chdir", current, "--preload"] });
        Assert.Equal("one in one", await server.GetTextAsync("/"));
        Directory.Delete(current);
        Directory.CreateSymbolicLink(current, Path.Combine(releases.Path, "two"));
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");

        Assert.Equal("two in two", await server.GetTextAsync("/"));
    }

    [Fact]
    public async Task Reload_CodeThatCannotBeImported_OldServesOnAndIsForkedFurther()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        int template = Assert.Single(server.Importers());
        await server.SetVersionAsync("broken");
        server.Signal(Processes.Hangup);
        await server.Log.ExpectErrorAsync("Traceback", "preload_probe.py", "RuntimeError: this version cannot be imported");
        await server.Log.ExpectErrorAsync("reload: given up, the old code serves on", "this version cannot be imported");
        int victim = Pid((await server.WorkersAsync(2))["1"]);
        Processes.Signal(victim, Processes.Kill);
        await server.Log.ExpectErrorAsync($"worker 1 (pid {victim})", "SIGKILL");
        await server.Log.WaitUntilReadyAsync(worker: 1, times: 2);
        Dictionary<string, JsonElement> after = await server.WorkersAsync(2);

        Assert.All(after.Values, worker => Assert.Equal("1", worker.GetProperty("version").GetString()));
        Assert.All(after.Values, worker => Assert.Equal(template, worker.GetProperty("importer").GetInt32()));
        Assert.Equal(2, server.Importers().Length);

        await server.SetVersionAsync("mended");
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");
        Assert.All((await server.WorkersAsync(2)).Values, worker => Assert.Equal("mended", worker.GetProperty("version").GetString()));
    }

    [Fact]
    public async Task Reload_SyntaxError_IsShown()
    {
        using var releases = new TestDirectory();
        releases.Write("release.py", Release);
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("release:app") { AppDirectory = releases.Path, Workers = 2, Arguments = ["--preload"] });
        releases.Write("release.py", "def broken(:\n");
        server.Signal(Processes.Hangup);

        await server.Log.ExpectErrorAsync("reload: given up, the old code serves on", "SyntaxError");
        await server.Log.ExpectErrorAsync("    def broken(:\n", "SyntaxError");
        Assert.StartsWith("RELEASE", await server.GetTextAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upgrade_StartsATemplateOfItsOwn()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi", 2));
        int template = Assert.Single(server.Importers());
        await server.SetVersionAsync("2");
        server.Signal(Processes.User2);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid) && !Processes.IsAlive(template), "the end of the old server", () => server.Log.Text);
        Dictionary<string, JsonElement> after = await server.WorkersAsync(2);

        Assert.All(after.Values, worker => Assert.Equal("2", worker.GetProperty("version").GetString()));
        Processes.Signal(server.FrontPid(), Processes.Terminate);
        Assert.Equal(0, await server.ExitAsync());
    }
}
