using System.Globalization;
using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--on-worker-exit: a function of the user's is told of each worker that has ended, however that was.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ExitHookTests
{
    [Theory]
    [InlineData()]
    [InlineData("--preload")]
    public async Task Worker_Killed_IsNamedWithItsNumberAndSignal(params string[] arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("note", arguments));
        int pid = await PidAsync(server);
        Processes.Signal(pid, Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");

        Assert.Equal([$"{pid} 0 -9"], await server.Board.WaitAsync("ended"));
    }

    [Fact]
    public async Task Worker_Recycled_IsNamed()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("note", "--max-requests", "1"));
        int pid = await PidAsync(server);

        Assert.Equal($"{pid} 0 0", (await server.Board.WaitAsync("ended"))[0]);
    }

    [Fact]
    public async Task Reload_OldWorkers_AreNamed()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("note") with { Workers = 2 });
        IReadOnlyList<int> old = server.WorkerPids();
        server.Signal(Processes.Hangup);

        IReadOnlyList<string> ended = await server.Board.WaitAsync("ended", 2);
        Assert.Equal(old.Order(), ended.Select(Pid).Order());
    }

    [Theory]
    [InlineData(Processes.Terminate)]
    [InlineData(Processes.Interrupt)]
    public async Task Stop_AllWorkers_AreNamedBeforeTheServerEnds(int signal)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("note") with { Workers = 3 });
        IReadOnlyList<int> pids = server.WorkerPids();

        // To all processes at once, as a terminal or a service does it.
        foreach (int pid in server.Tree())
        {
            Processes.Signal(pid, signal);
        }

        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal(pids.Order(), server.Board.Records("ended").Select(Pid).Order());
    }

    [Fact]
    public async Task Hook_ThatTakesAnotherParameter_GetsTheProcessIdAlone()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("note_id"));
        int pid = await PidAsync(server);

        Assert.Equal(0, await server.StopAsync());
        Assert.Equal([$"{pid} None None"], server.Board.Records("ended"));
    }

    [Theory]
    [InlineData("fail", "exited with code 1")]
    [InlineData("crash", "was ended by SIGSEGV")]
    public async Task Hook_ThatFails_IsInTheLogAndHurtsNothing(string function, string ending)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(function));
        int pid = await PidAsync(server);
        Processes.Signal(pid, Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");

        await server.Log.ExpectErrorAsync($"--on-worker-exit exit_hooks:{function} failed for \"{pid},0,-9\"", ending);
        if (function is "fail")
        {
            await server.Log.WaitAsync("stderr: LookupError", $"no files of {pid}");
        }

        int other = await PidAsync(server);
        Assert.Equal(0, await server.StopAsync());
        await server.Log.ExpectErrorAsync($"--on-worker-exit exit_hooks:{function} failed for \"{other},0,0\"");
    }

    [Fact]
    public async Task Hook_ThatHangs_KeepsNoWorkerFromItsPlace()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("hang"));
        int first = await PidAsync(server);
        Processes.Signal(first, Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");
        await server.Board.WaitAsync("begun");
        int second = await PidAsync(server);
        Processes.Signal(second, Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");
        await PidAsync(server);

        server.Board.Open("hook");
        Assert.Equal([first, second], (await server.Board.WaitAsync("ended", 2)).Select(Pid));
    }

    [Theory]
    [InlineData("exit_hoks:note", "--on-worker-exit: Could not find the module \"exit_hoks\"")]
    [InlineData("exit_hooks:notes", "Did you mean \"exit_hooks:note\"?")]
    [InlineData("exit_hooks:NO_FUNCTION", "--on-worker-exit: \"exit_hooks:NO_FUNCTION\" is not a plain function.")]
    [InlineData("exit_hooks:coroutine", "is not a plain function")]
    [InlineData("exit_hooks:notes", "Did you mean \"exit_hooks:note\"?", "--preload")]
    public async Task Start_HookThatIsNotThere_SaysSoAndExitsWith3(string hook, string sentence, params string[] arguments)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("exit_hooks:app") { Arguments = ["--on-worker-exit", hook, .. arguments] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.WaitAsync(sentence);
        Assert.Single(server.Log.Find("[CRIT]"));
        server.Log.ExpectAnyErrors(sentence);
    }

    [PythonModuleFact("prometheus_client")]
    public async Task Prometheus_LiveGaugeOfAWorkerThatDied_IsTakenAway()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("prometheus_app:app")
        {
            Prepare = directory => Task.FromResult(Directory.CreateDirectory(Path.Combine(directory, "figures"))),
            Variables = new Dictionary<string, string?> { ["PROMETHEUS_MULTIPROC_DIR"] = "figures" },
            Arguments = ["--on-worker-exit", "prometheus_client.multiprocess:mark_process_dead"],
        });
        int pid = await PidAsync(server);
        string file = server.FilePath($"figures/gauge_livesum_{pid}.db");
        Assert.True(File.Exists(file));
        Processes.Signal(pid, Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");

        await Eventually.HoldsAsync(() => !File.Exists(file), "the gauge's file taken away", () => server.Log.Text);
    }

    private static ServerSpec Spec(string function, params string[] arguments)
        => new("exit_hooks:app") { Arguments = ["--on-worker-exit", "exit_hooks:" + function, .. arguments] };

    private static async Task<int> PidAsync(HydraServer server)
        => int.Parse(await server.GetTextAsync("/"), CultureInfo.InvariantCulture);

    private static int Pid(string record) => int.Parse(record.Split(' ')[0], CultureInfo.InvariantCulture);
}
