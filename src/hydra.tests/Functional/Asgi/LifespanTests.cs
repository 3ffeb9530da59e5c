using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Asgi;

/// <summary>The lifespan of the application in each worker.</summary>
public sealed class LifespanTests
{
    [Fact]
    public async Task Lifespan_StartAndStop_RunsOnceInEachWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        Assert.Equal(["startup", "startup"], server.Board.Records("lifespan"));

        Assert.Equal(0, await server.StopAsync());
        Assert.Equal(["startup", "startup", "shutdown", "shutdown"], server.Board.Records("lifespan"));
        Assert.Equal(2, server.Log.Find("lifespan shutdown ran").Count);
    }

    [Fact]
    public async Task Lifespan_Off_IsNotRun()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--lifespan", "off"] });

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Empty(server.Board.Records("lifespan"));
    }

    [Fact]
    public async Task Lifespan_ApplicationWithoutOne_IsServedWithAuto()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("shapes:function"));

        Assert.Equal("asgi function", await server.GetTextAsync("/"));
    }

    [Fact]
    public async Task Lifespan_ApplicationWithoutOneAndOn_DoesNotStart()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("shapes:function") { Arguments = ["--lifespan", "on"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("lifespan");
    }

    [Fact]
    public async Task Lifespan_ShutdownFails_IsLogged()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("broken.shutdown_fails:app"));
        await server.StopAsync();

        await server.Log.ExpectErrorAsync("the journal cannot be written");
    }
}
