using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--worker-loops through the server. Pythons here have a GIL: the application goes round its refusal where loops are to serve.</summary>
public sealed class WorkerLoopsTests
{
    private static readonly string[] Names = ["MainThread", "hydra-loop-1", "hydra-loop-2"];

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public async Task Requests_AtTheSameTime_AreServedByAllLoops(string fronts)
    {
        await using HydraServer server = await StartAsync("--loops", fronts);
        string[] threads = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.Client.GetStringAsync("/meet")));

        Assert.Equal(Names, threads.Order(StringComparer.Ordinal));
        Assert.Single(server.Log.Find("3 loops"));
    }

    [Fact]
    public async Task Requests_OneAfterTheOther_ComeToAllLoops()
    {
        await using HydraServer server = await StartAsync();
        HashSet<string> threads = [];
        for (int i = 0; i < 6; i++)
        {
            threads.Add(await server.Client.GetStringAsync("/"));
        }

        Assert.Equal(Names, threads.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Preload_ForkedWorkers_HaveTheirLoops()
    {
        await using HydraServer server = await StartAsync("--preload");
        string[] threads = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.Client.GetStringAsync("/meet")));

        Assert.Equal(Names, threads.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stop_AfterRequestsOnAllLoops_ShutsTheLifespanDownOnce()
    {
        await using HydraServer server = await StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.Client.GetStringAsync("/meet")));
        server.Signal(15);

        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal(["lifespan.startup", "lifespan.shutdown"], server.Board.Records("loops-lifespan"));
    }

    [Theory]
    [InlineData("--no-check-config")]
    [InlineData("--check-config")]
    [InlineData("--preload")]
    public async Task PythonWithAGil_IsNamedAndExitsWith3(string more)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("worker_loops:app") { Arguments = ["--worker-loops", "3", more] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("--worker-loops 3 is for a Python without a global interpreter lock: CPython", "Use --workers 3 instead.");
    }

    [Fact]
    public async Task Wsgi_IsRefusedWithASentence()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("wsgi_probe:app") { Arguments = ["--worker-loops", "2"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("is served as WSGI, which runs its requests in threads: use --threads 2 in the place of --worker-loops 2.");
    }

    [PythonModuleFact("trio")]
    public async Task Trio_IsRefusedWithASentence()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("trio_starlette:app") { Arguments = ["--worker-loops", "2", "--loop", "trio"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("there is one loop of trio's in a process: use --workers 2 instead.");
    }

    private static Task<HydraServer> StartAsync(params string[] more)
        => HydraServer.StartAsync(new ServerSpec("worker_loops:app")
        {
            Arguments = ["--worker-loops", "3", .. more],
            Variables = new Dictionary<string, string?> { ["WITH_LOOPS"] = "1" },
        });
}
