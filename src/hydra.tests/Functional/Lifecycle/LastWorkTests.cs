using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>What an application still does when its last request is answered.</summary>
public sealed class LastWorkTests
{
    [Theory]
    [InlineData("asgi", "executor")]
    [InlineData("asgi", "task")]
    [InlineData("asgi", "thread")]
    [InlineData("asgi", "atexit")]
    [InlineData("wsgi", "thread")]
    [InlineData("wsgi", "atexit")]
    [InlineData("asgi", "atexit", "--preload")]
    [InlineData("wsgi", "thread", "--preload")]
    public async Task Stop_WorkThatFitsIntoTheGrace_IsFinished(string app, string work, params string[] arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec($"last_work:{app}") { Arguments = arguments });
        Assert.Equal("begun", await server.Client.GetStringAsync($"/{work}"));

        Assert.Equal(0, await server.StopAsync());
        Assert.Single(server.Board.Records(work));
    }

    [Fact]
    public async Task Recycle_WorkThatFitsIntoTheDrainTimeout_IsFinished()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("last_work:wsgi") { Arguments = ["--max-requests", "1"] });
        await server.Client.GetStringAsync("/atexit");

        await server.Board.WaitAsync("atexit");
    }

    [Theory]
    [InlineData("asgi")]
    [InlineData("wsgi")]
    public async Task Stop_WorkThatDoesNotEnd_IsNamedAndKilledAfterTheGrace(string app)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec($"last_work:{app}") { Arguments = ["--graceful-timeout", "3"] });
        await server.Client.GetStringAsync("/for-ever");

        Assert.Equal(0, await server.StopAsync());
        await server.Log.WaitAsync("[WARN]", "its process does not end");
        await server.Log.WaitAsync("The worker does not come to its end");
    }
}
