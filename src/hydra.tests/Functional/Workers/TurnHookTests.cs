using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--on-starting, --on-reload, --on-worker-start, --on-worker-ready: functions of the user's at turns of the server's life.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TurnHookTests
{
    private static readonly string[] All =
        ["--on-starting", "turns:starting", "--on-reload", "turns:reloading", "--on-worker-start", "turns:start", "--on-worker-ready", "turns:ready"];

    [Theory]
    [InlineData("turns_app:app")]
    [InlineData("turns_app:asgi")]
    [InlineData("turns_app:app", "--preload")]
    [InlineData("turns_app:asgi", "--preload")]
    public async Task Server_FromItsStartToAReload_CallsEachAtItsTurn(string app, params string[] more)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(app) { Arguments = [.. All, .. more] });
        string[] worker = [$"start 0 {(more.Length > 0 ? "True" : "False")}", "ready 0"];
        Assert.Equal([$"starting {app}", .. worker], await server.Board.WaitAsync("turns", 3));
        Assert.Equal("hello", await server.GetTextAsync("/"));

        server.Signal(Processes.Hangup);
        Assert.Equal(["reload", .. worker], (await server.Board.WaitAsync("turns", 6)).Skip(3));
    }

    [Fact]
    public async Task Applications_Several_EachHasItsOwn()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("turns_app:app") { Arguments = ["--on-starting", "turns:starting", "--mount", "/api=turns_app:asgi,on-worker-ready=turns:ready"] });

        Assert.Equal(["ready 0", "starting turns_app:app", "starting turns_app:asgi"], (await server.Board.WaitAsync("turns", 3)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Starting_ThatTakesItsTime_IsWaitedFor()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("turns_app:app") { Arguments = ["--on-starting", "turns:starting_waits", "--on-worker-start", "turns:start"] });
        await server.Board.WaitAsync("begun");
        server.Signal(Processes.Hangup);
        server.Signal(Processes.MoreWorkers);
        Assert.Empty(server.Board.Records("turns"));

        server.Board.Open("starting");
        Assert.Equal(["starting", "start 0 False"], (await server.Board.WaitAsync("turns", 2)).Take(2));
        await server.WaitUntilReadyAsync();
    }

    [Theory]
    [InlineData("turns:fails", "--on-starting: \"turns:fails\" raised LookupError: no database.", "--on-starting turns:fails has failed")]
    [InlineData("turns:gone", "The module \"turns\" has no attribute \"gone\"", "--on-starting turns:gone has failed")]
    [InlineData("turns:hangs", "took longer than --start-timeout, 0.5 s, and was killed", "took longer", "--start-timeout", "0.5")]
    public async Task Starting_ThatFails_ServerExitsWith3(string function, string sentence, string critical, params string[] more)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("turns_app:app") { Arguments = ["--on-starting", function, "--on-worker-start", "turns:start", .. more] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.WaitAsync(sentence);
        server.Log.ExpectAnyErrors(critical);
        Assert.Empty(server.Board.Records("turns"));
    }

    [Theory]
    [InlineData("--on-worker-start", "")]
    [InlineData("--on-worker-ready", "")]
    [InlineData("--on-worker-start", "--preload")]
    public async Task WorkerHook_ThatFails_IsAStartThatFailed(string option, string more)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("turns_app:app") { Arguments = [option, "turns:fails", .. more.Length > 0 ? new[] { more } : []] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.WaitAsync($"{option}: \"turns:fails\" raised LookupError: no database.");
        server.Log.ExpectAnyErrors("no database");
    }

    [Fact]
    public async Task Reload_WhoseHookFails_LeavesTheOldWorkersServing()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("turns_app:app") { Arguments = ["--on-reload", "turns:fails_when_told", "--on-worker-start", "turns:start"] });
        await File.WriteAllTextAsync(server.FilePath("broken"), "");
        IReadOnlyList<int> before = server.WorkerPids();
        server.Signal(Processes.Hangup);
        await server.Log.ExpectErrorAsync("--on-reload turns:fails_when_told has failed");
        Assert.Equal(before, server.WorkerPids());

        File.Delete(server.FilePath("broken"));
        server.Signal(Processes.Hangup);
        await server.Board.WaitAsync("turns", 2);
    }

    [Fact]
    public async Task Stop_WhileStartingIsAtWork_EndsIt()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("turns_app:app") { Arguments = ["--on-starting", "turns:hangs"] });
        await server.Board.WaitAsync("begun");
        server.Signal(Processes.Terminate);

        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Starting_OneOfSeveralThatFails_IsNamedAndWhatTheyPrintIsTheirs()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("turns_app:app") { Arguments = ["--on-starting", "turns:imports_server", "--on-starting", "turns:fails"] });

        Assert.Equal(3, await server.ExitAsync());
        Assert.Equal(["hydra_server"], server.Board.Records("imported"));
        await server.Log.ExpectErrorAsync("[CRIT]", "--on-starting turns:imports_server turns:fails has failed", "\"turns:fails\" raised LookupError: no database.");
        Assert.Contains(server.Log.Find("hook (pid"), static line => line.Contains("stdout: found it", StringComparison.Ordinal));
        Assert.Empty(server.Log.Find("worker 0 (pid"));
    }

    [Fact]
    public async Task Check_Server_CallsNoneOfItsOwnTurns()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("turns_app:app") { Arguments = ["--check-config", "--on-starting", "turns:starting"] });

        Assert.Equal(0, await server.ExitAsync());
        Assert.Empty(server.Board.Records("turns"));
    }
}
