using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>Imports that hang.</summary>
public sealed class StartTimeoutTests
{
    private const string App = "broken.hangs_when_restarted:app";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Import_ThatHangs_IsEndedAndTriedAgain(bool preload)
    {
        // Enough for a start that does not hang, on a machine that is busy.
        string[] arguments = ["--start-timeout", "8s", .. preload ? (string[])["--preload"] : []];
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(App) { Arguments = arguments });
        Assert.Equal("start 1", await server.GetTextAsync("/"));
        if (preload)
        {
            server.Signal(Processes.Hangup);
            await server.Log.ExpectErrorAsync("given up", "--start-timeout");
            server.Signal(Processes.Hangup);
            await server.Log.WaitAsync("replaced in ");
        }
        else
        {
            await server.Client.PostAsync("/exit", null);
            await server.Log.ExpectErrorAsync("exited with code 7");
            await server.Log.ExpectErrorAsync("hangs_when_restarted.py", "threading.Event().wait()");
            await server.Log.ExpectErrorAsync("is killed", "--start-timeout");
            await server.Log.ExpectErrorAsync("could not start", "--start-timeout");
        }

        Assert.Equal("start 3", await server.GetTextAsync("/"));
        server.Log.ExpectAnyErrors("/exit");
    }

    [Fact]
    public async Task Import_ThatHangsAtTheFirstStart_EndsTheServer()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("broken.slow_start:app") { Arguments = ["--start-timeout", "1s"] });
        Assert.Equal(3, await server.ExitAsync());
        server.Log.ExpectAnyErrors("start");
        Assert.Contains("--start-timeout", server.Log.Text, StringComparison.Ordinal);
    }
}
