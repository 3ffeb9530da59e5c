using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>A worker that takes all that there is to be had, or dies in the middle of it, costs the others nothing. TopicsTests have one that floods topics.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostileWorkerTests
{
    [Fact]
    public async Task Worker_ThatFillsTheStore_LeavesWhatIsThereAndOtherApplications()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("shared_state:app") { Workers = 2, Arguments = ["--state-memory", "2m", "--threads", "1", "--retry", "never", "--mount", $"/other=shared_state:app,workers=1,app-dir={Path.Combine(Repository.Apps, "broken", "..")}"] });
        await server.GetTextAsync("/prepare");
        Task flood = server.Client.GetAsync("/fill");
        int worker = int.Parse((await server.Board.WaitAsync("full"))[0]);

        Assert.Equal("""["kept", 1, true, "StateFull"]""", await server.GetTextAsync("/around"));
        Assert.Equal("\"room\"", await server.GetTextAsync("/other/refill"));
        Processes.Signal(worker, Processes.Kill);
        await flood;
        await server.Log.ExpectErrorAsync("SIGKILL");
        await server.Log.ExpectErrorAsync("/fill");

        // What it has put there is the application's, and goes when somebody takes it away.
        Assert.Equal("""["kept", 2, false, "StateFull"]""", await server.GetTextAsync("/around"));
        Assert.Equal("\"room\"", await server.GetTextAsync("/refill"));
        server.Log.ExpectAnyErrors("shared state");
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Value_WhoseWriterIsKilledInTheMiddle_IsWhole(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("shared_state:app") { Workers = 2, Arguments = [.. place.Arguments, "--threads", "1", "--retry", "never"] });
        for (int i = 0; i < 3; i++)
        {
            int before = server.Board.Records("torn").Count;
            // Each is another request: one that kills workers is kept from the next.
            Task writing = server.Client.GetAsync($"/torn?{i}");
            int worker = int.Parse((await server.Board.WaitAsync("torn", before + 1))[^1]);
            Processes.Signal(worker, Processes.Kill);
            await writing;
            await server.Log.ExpectErrorAsync("SIGKILL");
            await server.Log.ExpectErrorAsync("/torn");

            Assert.Equal("[1000000, 1]", await server.GetTextAsync("/whole"));
        }
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Worker_ThatHasAllTopicsAndDies_LeavesNothing(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("topics_app:app") { Workers = 2, Arguments = [.. place.Arguments, "--pubsub-memory", "4m", "--retry", "never", "--metrics", "127.0.0.1:0"] });
        for (int i = 0; i < 2; i++)
        {
            Task flood = server.Client.GetAsync("/flood?count=1");
            string[] flooded = (await server.Board.WaitAsync("flooded", i + 1))[i].Split(' ');
            Assert.NotEqual("0", flooded[0]);
            Assert.True(await Topics(server) > 1000);
            Assert.StartsWith("[0, ", await server.GetTextAsync("/publish?topic=nobodys&text=x"), StringComparison.Ordinal);
            Processes.Signal(int.Parse(flooded[1]), Processes.Kill);
            await flood;
            await server.Log.ExpectErrorAsync("SIGKILL");
            await server.Log.ExpectErrorAsync("/flood");
            while (await Topics(server) != 0)
            {
                await Task.Delay(5);
            }
        }
    }

    private static async Task<double> Topics(HydraServer server) => (await server.SamplesAsync()).Where(static sample => sample.Key.StartsWith("hydra_topics", StringComparison.Ordinal)).Sum(static sample => sample.Value);
}
