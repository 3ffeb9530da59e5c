using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>An application that binds a port while it is imported: no second one can start beside it.</summary>
public sealed class ExclusiveTests
{
    [Theory]
    [InlineData("auto")]
    [InlineData("stop-first")]
    public async Task Recycle_ApplicationThatBindsAPort_IsReplacedAndNoRequestFails(string mode)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("exclusive:app") { Arguments = ["--max-requests", "5", "--replace", mode] });
        string first = await server.Client.GetStringAsync("/");

        // Each of these is answered, also those that come while there is no worker. How soon another start is tried goes by how long the last one has taken.
        using var limit = new CancellationTokenSource(5 * Eventually.Limit);
        while (await server.Client.GetStringAsync("/", limit.Token) == first)
        {
            Assert.False(limit.IsCancellationRequested);
        }

        server.Log.ExpectAnyErrors("Address already in use");
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("stop-first")]
    public async Task Reload_ApplicationThatBindsAPort_ServesTheNewCode(string mode)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("exclusive:app") { Arguments = ["--replace", mode] });
        string first = await server.Client.GetStringAsync("/");
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("1 worker was replaced");

        Assert.NotEqual(first, await server.Client.GetStringAsync("/"));
        server.Log.ExpectAnyErrors("Address already in use");
    }
}
