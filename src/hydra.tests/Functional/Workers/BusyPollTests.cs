using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--busy-poll: loops and workers that look for the next request before they sleep answer as any others.</summary>
public sealed class BusyPollTests
{
    [Theory]
    [InlineData("asgi_probe:app", "auto")]
    [InlineData("wsgi_probe:app", "1")]
    [InlineData("wsgi_probe:app", "4")]
    public async Task Requests_OneAfterTheOtherAndMany_AreAnswered(string app, string threads)
    {
        string[] arguments = threads == "auto" ? ["--busy-poll", "200"] : ["--busy-poll", "200", "--threads", threads];
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(app) { Arguments = arguments });

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal("hello", await server.GetTextAsync("/hello"));
        }

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => server.GetTextAsync("/hello")));
        Assert.All(answers, static answer => Assert.Equal("hello", answer));
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Time_BeyondAMillisecond_IsRefused()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--busy-poll", "1001"] });

        Assert.Equal(2, await server.ExitAsync());
        Assert.Contains("--busy-poll", server.Log.Text, StringComparison.Ordinal);
    }
}
