using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>hydra_server.handover: what a worker has goes to the one that takes its place.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HandoverTests
{
    [Theory]
    [InlineData("app", "", "")]
    [InlineData("app", "", "--loop asyncio")]
    [InlineData("app", "", "--loop trio")]
    [InlineData("app", "exact", "")]
    [InlineData("app", "import", "--lifespan off")]
    [InlineData("plain", "import", "")]
    [InlineData("plain", "import exact", "--threads 3")]
    [InlineData("plain", "import", "--state-memory 0 --pubsub-memory 0")]
    [InlineData("app", "", "--preload")]
    [InlineData("plain", "ready", "--preload --on-worker-start handing:ready")]
    public async Task Reload_GivesWhatTheOldWorkerHasToTheNew(string app, string how, string arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(app, how, arguments));
        await ExpectAsync(server, "None 1");
        await ExpectAsync(server, "None 2");

        await ReloadAsync(server);
        await ExpectAsync(server, "2 1");
        await ReloadAsync(server);
        await ExpectAsync(server, "3 1");
    }

    [Theory]
    [InlineData("app", "exact")]
    [InlineData("plain", "import exact")]
    public async Task Reload_Exact_WaitsForTheRequestsThatAreThereAndKeepsOthers(string app, string how)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(app, how, "--metrics 127.0.0.1:0" + (app == "plain" ? " --threads 4" : "")));
        Task<string> slow = server.GetTextAsync("/slow");
        await server.Board.WaitAsync("slow");
        server.Signal(Processes.Hangup);

        // The old worker answers until it is asked for its last word: then who comes has to wait.
        Task<string> kept = server.GetTextAsync("/");
        while (!await WaitsAsync(server, kept))
        {
            Assert.StartsWith("None ", await kept);
            kept = server.GetTextAsync("/");
        }

        server.Board.Open("slow");
        string[] last = (await slow).Split(' ');
        Assert.Equal($"{last[1]} 1", string.Join(' ', (await kept).Split(' ')[..2]));
    }

    [Fact]
    public async Task Reload_ThatFailsAfterTheHandover_LeavesTheOldWorkerServing()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "exact", ""));
        await ExpectAsync(server, "None 1");
        await File.WriteAllTextAsync(server.FilePath("broken"), "");
        server.Signal(Processes.Hangup);
        await server.Log.ExpectErrorAsync("this one is not to start");
        await server.Log.ExpectErrorAsync("the new code does not start");

        await ExpectAsync(server, "None 2");
    }

    [Theory]
    [InlineData("raise", "nothing to give")]
    [InlineData("text", "a bytes-like object is required")]
    [InlineData("large", "67108864 are the most")]
    public async Task Reload_WhereNothingCanBeGiven_SaysWhyAndGoesOn(string how, string why)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", how, ""));
        await ReloadAsync(server);
        await server.Log.ExpectErrorAsync(why);

        await ExpectAsync(server, "None 1");
    }

    [Fact]
    public async Task Recycled_WorkersGiveWhatTheyHaveToTheirOwnSuccessors()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "exact", "--max-requests 20") with { Workers = 2 });
        using var limit = new CancellationTokenSource(5 * Eventually.Limit);
        while (server.Board.Records("received").All(static count => count == "None"))
        {
            await server.GetTextAsync("/");
            Assert.False(limit.IsCancellationRequested);
        }

        Assert.All(server.Board.Records("received"), static count => Assert.True(count == "None" || int.Parse(count) >= 20));
    }

    [Fact]
    public async Task Crashed_WorkerGivesNothing()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("app", "", ""));
        await ExpectAsync(server, "None 1");
        Processes.Signal(Assert.Single(server.WorkerPids()), Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");

        await ExpectAsync(server, "None 1");
    }

    private static async Task<bool> WaitsAsync(HydraServer server, Task<string> request)
    {
        while (!request.IsCompleted)
        {
            if ((await server.SamplesAsync())["hydra_queue_requests"] > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static async Task ExpectAsync(HydraServer server, string expected)
        => Assert.Equal(expected, string.Join(' ', (await server.GetTextAsync("/")).Split(' ')[..2]));

    private static async Task ReloadAsync(HydraServer server)
    {
        int before = server.Log.Find("replaced in ").Count;
        server.Signal(Processes.Hangup);
        await Eventually.HoldsAsync(() => server.Log.Find("replaced in ").Count > before, "the end of the reload");
    }

    private static ServerSpec Spec(string app, string how, string arguments) => new($"handing:{app}")
    {
        Arguments = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        Variables = new Dictionary<string, string?> { ["HOW"] = how },
    };
}
