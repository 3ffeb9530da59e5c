using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>hydra_server.pool: a class in processes of its own is called from any worker.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PoolCallTests
{
    [Theory]
    [InlineData("app", "")]
    [InlineData("app", "--loop asyncio --speedups off")]
    [InlineData("app", "--loop trio")]
    [InlineData("app", "--preload")]
    [InlineData("plain", "")]
    [InlineData("plain", "--threads 4 --speedups off --state-memory 0 --pubsub-memory 0")]
    public async Task Call_GivesWhatTheMethodReturns_AndRaisesWhatItRaises(string app, string arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(app, arguments));
        Assert.Equal("3", await server.GetTextAsync("/call?f=add&a=[1,2]"));
        Assert.Equal("'x'", await server.GetTextAsync("/call?f=later&a=[\"x\"]"));
        Assert.StartsWith("Refused: 7 | tasks_model.Refused: 7", await TextAsync(server, "/call?f=refuse&a=[7]"), StringComparison.Ordinal);
        Assert.StartsWith("PoolError: Model.local.<locals>.Local: only here | ", await TextAsync(server, "/call?f=local"), StringComparison.Ordinal);
        Assert.StartsWith("AttributeError: Model has no method 'nothing'", await TextAsync(server, "/call?f=nothing"), StringComparison.Ordinal);
        Assert.StartsWith("AttributeError: Model._secret is private", await TextAsync(server, "/call?f=_secret"), StringComparison.Ordinal);
        Assert.StartsWith("TypeError: what unsendable has returned cannot be pickled: ", await TextAsync(server, "/call?f=unsendable"), StringComparison.Ordinal);
        Assert.StartsWith("NoSuchPool: there is no pool 'other'", await TextAsync(server, "/call?f=add&o={\"pool\":\"other\"}"), StringComparison.Ordinal);
        Assert.StartsWith("TypeError: count yields", await TextAsync(server, "/call?f=count&a=[3]"), StringComparison.Ordinal);

        // Made once, whoever calls.
        Assert.Single(server.Board.Records("made"));
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal(server.Board.Records("made"), server.Board.Records("closed"));
    }

    [Theory]
    [InlineData("app", "count")]
    [InlineData("app", "acount")]
    [InlineData("plain", "count")]
    [InlineData("plain", "acount")]
    public async Task Stream_GivesEachPart_AndTheExceptionBehindThem(string app, string method)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(app, ""));
        Assert.Equal("0\n1\n2\n3\n4\nend", await server.GetTextAsync($"/stream?f={method}&a=[5]"));
        Assert.StartsWith("half\nRefused: 7 | ", await server.GetTextAsync("/stream?f=half"), StringComparison.Ordinal);
        Assert.StartsWith("AttributeError: Model has no method 'nothing'", await server.GetTextAsync("/stream?f=nothing"), StringComparison.Ordinal);
        Assert.StartsWith("1\nTypeError: what unsendable_part has yielded cannot be pickled: ", await server.GetTextAsync("/stream?f=unsendable_part"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app", "acount")]
    [InlineData("app", "count")]
    [InlineData("plain", "acount")]
    [InlineData("plain", "count")]
    public async Task Stream_WhoseClientLeaves_IsStopped(string app, string method)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(app, ""));
        await using (RawConnection client = await server.ConnectAsync())
        {
            await client.GetAsync($"/stream?f={method}&a=[1000000000]");
            await server.Board.WaitAsync("counted", 3);
        }

        await server.Board.WaitAsync("left");
        await server.Board.WaitAsync("count-over");
    }

    [Fact]
    public async Task Stream_WhoseReaderIsSlow_WaitsForIt()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "--buffer-response 64k", ",threads=2"));
        await using RawConnection client = await server.ConnectAsync(receiveBuffer: 4096);
        await client.GetAsync("/stream?f=count&a=[100000,65536]");
        await server.Board.WaitAsync("counted", 5);

        // Other calls go on, and what is ahead of the reader is bounded by the windows on the way, not by what the method could give.
        Assert.Equal("3", await server.GetTextAsync("/call?f=add&a=[1,2]"));
        Assert.InRange(server.Board.Records("counted").Count, 5, 1_000);
    }

    [Fact]
    public async Task Call_WhoseTaskIsCancelled_IsCancelledThere()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", ""));
        await using (RawConnection client = await server.ConnectAsync())
        {
            await client.GetAsync("/leave?f=wait");
            await server.Board.WaitAsync("waits");
        }

        await server.Board.WaitAsync("cancelled");
        await using (RawConnection client = await server.ConnectAsync())
        {
            await client.GetAsync("/leave?f=ask");
            await server.Board.WaitAsync("asks");
        }

        await server.Board.WaitAsync("heard");
    }

    [Fact]
    public async Task Call_WhoseCallerIsKilled_IsCancelledThere()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "--retry never"));
        await using RawConnection client = await server.ConnectAsync();
        await client.GetAsync("/call?f=wait");
        int pool = int.Parse((await server.Board.WaitAsync("waits"))[0]);
        Processes.Signal(server.WorkerPids().Single(pid => pid != pool), Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");
        await server.Log.ExpectErrorAsync("the worker was lost before it answered");
        await server.Board.WaitAsync("cancelled");
    }

    [Fact]
    public async Task Call_WhoseProcessIsKilled_RaisesPoolCrashed_UnlessItIsIdempotent()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", ""));
        Assert.StartsWith("PoolCrashed: ", await TextAsync(server, "/call?f=die"), StringComparison.Ordinal);
        await server.Log.ExpectErrorAsync("SIGKILL");
        Assert.Equal("'alive'", await TextAsync(server, "/call?f=die&a=[\"once\"]&o={\"idempotent\":true}"));
        await server.Log.ExpectErrorAsync("SIGKILL");
        Assert.Equal("3", await server.GetTextAsync("/call?f=add&a=[1,2]"));
    }

    [Fact]
    public async Task Call_WhoseTimeIsOver_IsInterrupted_AndItsProcessReplacedWhereThatDoesNotHelp()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", ""));
        string before = await server.GetTextAsync("/call?f=pid");
        Assert.StartsWith("PoolTimeout: ", await TextAsync(server, "/call?f=spin&o={\"timeout\":0.2}"), StringComparison.Ordinal);
        Assert.StartsWith("PoolTimeout: ", await TextAsync(server, "/call?f=wait&o={\"timeout\":0.2}"), StringComparison.Ordinal);
        await server.Board.WaitAsync("cancelled");
        Assert.Equal(before, await server.GetTextAsync("/call?f=pid"));

        Assert.StartsWith("PoolTimeout: ", await TextAsync(server, "/call?f=sleep_on&o={\"timeout\":0.2}"), StringComparison.Ordinal);
        await server.Log.ExpectErrorAsync("its process is replaced", "sleep_on");
        await server.Log.ExpectErrorAsync("exited with code 1");
        Assert.NotEqual(before, await server.GetTextAsync("/call?f=pid"));
    }

    [Fact]
    public async Task Call_WhereAsManyWaitAsMay_RaisesQueueFull()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "--metrics 127.0.0.1:0", ",queue-size=1"));
        await using RawConnection runs = await server.ConnectAsync();
        await runs.GetAsync("/call?f=hold&a=[\"gate\"]");
        await server.Board.WaitAsync("holds");
        await using RawConnection waits = await server.ConnectAsync();
        await waits.GetAsync("/call?f=hold&a=[\"gate\"]");
        await server.SamplesAsync(static samples => samples["hydra_tasks_queued{pool=\"model\"}"] == 1);
        Assert.StartsWith("QueueFull: ", await TextAsync(server, "/call?f=add&a=[1]"), StringComparison.Ordinal);
        server.Board.Open("gate");
        Assert.Equal("'gate'", (await runs.ReadResponseAsync()).Text);
        Assert.Equal("'gate'", (await waits.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Reload_WhileACallRunsAndOneWaits_FinishesBoth()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", ""));
        string before = await server.GetTextAsync("/call?f=pid");
        await using RawConnection runs = await server.ConnectAsync();
        await runs.GetAsync("/call?f=hold&a=[\"gate\"]");
        await server.Board.WaitAsync("holds");
        Task<string> waits = server.GetTextAsync("/call?f=pid");
        server.Signal(Processes.Hangup);

        // The new process does what waits while the old one finishes what it is at.
        Assert.NotEqual(before, await waits);
        server.Board.Open("gate");
        Assert.Equal("'gate'", (await runs.ReadResponseAsync()).Text);
        await server.Board.WaitAsync("closed");
    }

    [Fact]
    public async Task Start_OfAClassThatRaises_IsAFailedStartWithItsTraceback()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("tasks_app:app") { Arguments = ["--task-pool", "model=tasks_app:fail"] });
        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("\"tasks_app:fail\" raised TypeError");
    }

    private static async Task<string> TextAsync(HydraServer server, string path)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(path);
        return await response.Content.ReadAsStringAsync();
    }

    private static ServerSpec Spec(string app, string arguments, string own = "") => new($"tasks_app:{app}")
    {
        Arguments = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--task-pool", $"model=tasks_model:Model{own}"],
    };
}
