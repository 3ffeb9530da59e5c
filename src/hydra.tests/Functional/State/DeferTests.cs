using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>hydra_server.defer, every, cron: what is done behind requests, and by the clock.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class DeferTests
{
    [Theory]
    [InlineData("app", "")]
    [InlineData("app", "--loop trio")]
    [InlineData("app", "--preload")]
    [InlineData("app", "--state-memory 0 --pubsub-memory 0 --speedups off")]
    [InlineData("plain", "--threads 2")]
    public async Task Defer_HasTheFunctionCalledInAProcessOfItsOwn_WithTheApplicationLoaded(string app, string arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(app, "", arguments));

        // Who has deferred nothing has no process for it.
        int before = server.WorkerPids().Count;
        string id = await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"one\"]&o={\"keep\":600}");
        await server.GetTextAsync("/defer?f=anote&a=[\"noted\",\"two\"]");
        await server.GetTextAsync("/defer?f=context&a=[\"context\"]");
        Assert.Equal(["one", "two"], (await server.Board.WaitAsync("noted", 2)).Order());
        Assert.Equal("loaded", (await server.Board.WaitAsync("context"))[0]);
        Assert.True(server.WorkerPids().Count > before);
        await Eventually.HoldsAsync(() => server.GetTextAsync($"/find?f={id}").Result == "done 1 'one' NoneType", "the result");
        Assert.Equal("None", await server.GetTextAsync("/find?f=1"));

        using HttpResponseMessage wrong = await server.Client.GetAsync("/wrong");
        Assert.StartsWith("TypeError: tasks_app:", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Defer_OfWhatRaises_BeginsItAgain_ThenSaysSo()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", ""));
        string id = await server.GetTextAsync("/defer?f=fail&a=[\"failed\"]&o={\"retries\":2,\"backoff\":0.01,\"keep\":600}");
        Assert.Equal(3, (await server.Board.WaitAsync("failed", 3)).Count);
        await server.Log.ExpectErrorAsync("(tasks_app:fail): attempt 1 has raised");
        await server.Log.ExpectErrorAsync("(tasks_app:fail): attempt 2 has raised");
        await server.Log.ExpectErrorAsync("(tasks_app:fail): attempt 3 has raised");
        await server.Log.ExpectErrorAsync("(tasks_app:fail) has failed, and is not begun once more: that was attempt 3");
        Assert.Equal("failed 3 None ValueError", await server.GetTextAsync($"/find?f={id}"));
    }

    [Fact]
    public async Task Defer_OfWhatKillsItsProcess_BeginsItAgain_AsOftenAsItMay()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", "--task-threads 1"));
        await server.GetTextAsync("/defer?f=die&a=[\"died\"]&o={\"retries\":1,\"backoff\":0.01}");
        await server.GetTextAsync("/defer?f=die&a=[\"died-once\"]&o={\"retries\":0}");
        await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"after\"]");
        await server.Board.WaitAsync("noted");
        Assert.Equal(2, (await server.Board.WaitAsync("died", 2)).Distinct().Count());
        Assert.Single(await server.Board.WaitAsync("died-once"));
        for (int i = 0; i < 3; i++)
        {
            await server.Log.ExpectErrorAsync("SIGKILL");
        }

        await server.Log.ExpectErrorAsync("its process has ended, and it is not begun once more: that was attempt 2");
        await server.Log.ExpectErrorAsync("its process has ended, and it is not begun once more: that was attempt 1");
    }

    [Fact]
    public async Task Defer_OfWhatTakesTooLong_InterruptsIt_AndReplacesTheProcessWhereThatDoesNotHelp()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", ""));
        await server.GetTextAsync("/defer?f=hang&a=[\"hung\"]&o={\"retries\":0,\"timeout\":0.2}");
        await server.Log.ExpectErrorAsync("(tasks_app:hang): attempt 1 has taken too long");
        await server.Log.ExpectErrorAsync("(tasks_app:hang) has failed");
        await server.GetTextAsync("/defer?f=stuck&a=[\"stuck\"]&o={\"retries\":0,\"timeout\":0.2}");
        await server.Log.ExpectErrorAsync("its process is replaced");
        await server.Log.ExpectErrorAsync("exited with code 1");
        await server.Log.ExpectErrorAsync("its process has ended, and it is not begun once more");
        await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"after\"]");
        await server.Board.WaitAsync("noted");
    }

    [Fact]
    public async Task Defer_TenThousandAtOnce_AreAllDone()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", "--task-queue-size 20000") with { Workers = 2 });
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => server.GetTextAsync($"/defer?f=note&a=[\"many\",\"{i}\"]&n=1000")));
        IReadOnlyList<string> done = await server.Board.WaitAsync("many", 10_000);
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal(1_000, done.Count(one => one == $"{i}")));
    }

    [Fact]
    public async Task Defer_WhereAsManyWaitAsMay_RaisesQueueFull()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", "--task-threads 1 --task-queue-size 2"));
        await server.GetTextAsync("/defer?f=hold&a=[\"gate\"]");
        await server.Board.WaitAsync("holds-gate");
        await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"1\"]");
        Assert.Equal(await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"2\"]&o={\"key\":\"same\"}"), await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"3\"]&o={\"key\":\"same\"}"));
        using HttpResponseMessage full = await server.Client.GetAsync("/defer?f=note&a=[\"noted\",\"4\"]");
        Assert.StartsWith("QueueFull: ", await full.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        server.Board.Open("gate");
        await server.Board.WaitAsync("held-gate");
        Assert.Equal(["1", "2"], await server.Board.WaitAsync("noted", 2));
    }

    [Fact]
    public async Task Reload_WhileTasksWait_LosesNone()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", "--task-threads 1"));
        await server.GetTextAsync("/defer?f=hold&a=[\"gate\"]");
        int old = int.Parse((await server.Board.WaitAsync("holds-gate"))[0], CultureInfo.InvariantCulture);
        await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"x\"]&n=50");
        server.Signal(Processes.Hangup);

        // The new process does them while the old one finishes what it is at.
        await server.Board.WaitAsync("noted", 50);
        Assert.Empty(server.Board.Records("held-gate"));
        server.Board.Open("gate");
        await server.Board.WaitAsync("held-gate");
        await Eventually.HoldsAsync(() => !Processes.IsAlive(old), "the end of the old process");
        Assert.Equal(50, server.Board.Records("noted").Count);
    }

    [Fact]
    public async Task Upgrade_WhileTasksWait_HandsThemOver()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", "--task-threads 1"));
        await server.GetTextAsync("/defer?f=hold&a=[\"gate\"]");
        await server.Board.WaitAsync("holds-gate");
        await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"x\"]&n=50");
        await server.GetTextAsync("/defer?f=note&a=[\"later\",\"x\"]&o={\"delay\":0.5}");
        server.Signal(Processes.User2);
        string line = await server.Log.WaitAsync("the new server", "is ready");
        int successor = int.Parse(Taken().Match(line).Groups[1].Value, CultureInfo.InvariantCulture);
        server.Board.Open("gate");
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);
        await server.Board.WaitAsync("later");
        Assert.Equal(50, (await server.Board.WaitAsync("noted", 50)).Count);
        Assert.Single(server.Board.Records("held-gate"));
        Processes.Signal(successor, Processes.Terminate);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Stop_WhileTasksWait_RunsThem_AndNamesWhatIsLost()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", "--task-threads 1"));
        await server.GetTextAsync("/defer?f=hold&a=[\"gate\"]");
        await server.Board.WaitAsync("holds-gate");
        await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"x\"]&n=20");
        await server.GetTextAsync("/defer?f=note&a=[\"never\",\"x\"]&o={\"delay\":3600}&n=2");
        server.Signal(Processes.Terminate);
        await server.Log.WaitAsync("SIGTERM: stopping");
        server.Board.Open("gate");
        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal(20, server.Board.Records("noted").Count);
        Assert.Empty(server.Board.Records("never"));
        await server.Log.ExpectErrorAsync("2 tasks were not run before the server ended, and are lost: tasks_app:note (2)");
    }

    [Fact]
    public async Task Every_IsOnceInTheFleet_AndNotBegunTwice()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "ticks", "--task-workers 3 --metrics 127.0.0.1:0") with { Workers = 3 });
        double[] turns = [.. (await server.Board.WaitAsync("ticked", 8)).Select(static turn => double.Parse(turn, CultureInfo.InvariantCulture))];

        // As many as there is time for, whoever has it in its code: six processes do.
        Assert.True(turns[^1] - turns[0] > 0.2 * (turns.Length - 1) / 3, string.Join(' ', turns));
        Assert.Single(server.Board.Records("slow-ticked"));
        await server.Log.WaitAsync("tasks_app:slow_tick is to run by its schedule, and runs still");
        server.Board.Open("slow-tick");
        await server.Board.WaitAsync("slow-ticked", 3);
    }

    [Fact]
    public async Task Reload_WithAnotherSchedule_TakesTheNewOne()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "changes", ""));
        await server.Board.WaitAsync("first", 2);
        await File.WriteAllTextAsync(server.FilePath("changed"), "");
        server.Signal(Processes.Hangup);
        await server.Board.WaitAsync("second", 2);

        // Whoever runs it has the new code; what the old one had comes no more.
        int count = server.Board.Records("first").Count;
        await server.Board.WaitAsync("second", 8);
        Assert.InRange(server.Board.Records("first").Count, 2, count + 1);
    }

    [Fact]
    public async Task Metrics_AndStatus_ShowTasks()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", "--metrics 127.0.0.1:0"));
        Assert.DoesNotContain("hydra_tasks", await server.ScrapeAsync(), StringComparison.Ordinal);
        await server.GetTextAsync("/defer?f=note&a=[\"noted\",\"x\"]&n=3");
        await server.Board.WaitAsync("noted", 3);
        await server.SamplesAsync(static samples => samples["hydra_tasks_done_total{pool=\"tasks\"}"] == 3);
    }

    private static ServerSpec Spec(string app, string how, string arguments) => new($"tasks_app:{app}")
    {
        Arguments = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        Variables = new Dictionary<string, string?> { ["HOW"] = how },
    };

    [GeneratedRegex(@"the new server \(pid (\d+)\) is ready")]
    private static partial Regex Taken();
}
