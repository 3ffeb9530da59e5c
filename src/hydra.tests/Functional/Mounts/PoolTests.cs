using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Mounts;

/// <summary>Parts of an application with workers and a queue of their own (--pool).</summary>
public sealed class PoolTests
{
    [Theory]
    [InlineData("wsgi_probe:bare", "/meet")]
    [InlineData("asgi_probe:app", "/block")]
    public async Task Pool_AllItsWorkersAreHeldUp_TheRestOfTheApplicationIsServed(string application, string slow)
    {
        await using HydraServer server = await StartAsync(application, "--pool", $"slow:{slow}/*=1,queue-size=1");
        await using RawConnection held = await server.ConnectAsync();
        await held.GetAsync($"{slow}/held");
        await server.Board.WaitAsync("held");
        await using RawConnection next = await server.ConnectAsync();
        await next.GetAsync($"{slow}/next");
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("hello", await server.GetTextAsync("/hello"));
        }

        Assert.False(held.HasData);
        server.Board.Open("held");
        server.Board.Open("next");
        Assert.Equal(200, (await held.ReadResponseAsync()).Status);
        Assert.Equal(200, (await next.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Pool_Request_IsTheApplicationsWithItsOwnPathAndOptions()
    {
        await using HydraServer server = await StartAsync(
            "asgi_probe:app", "--env", "HYDRA_TEST_SHADE=red", "--mount", "/old=wsgi_probe:app", "--pool", "slow:/old/environ,/old/body=2,env=HYDRA_TEST_SHADE=blue,limit-body=3");

        JsonElement environ = await server.GetJsonAsync("/old/environ");
        Assert.Equal(("/old", "/environ"), (environ.GetProperty("SCRIPT_NAME").GetString(), environ.GetProperty("PATH_INFO").GetString()));
        int outside = (await server.GetJsonAsync("/old/worker")).GetProperty("pid").GetInt32();
        Assert.Equal(4, server.WorkerPids().Count);
        IReadOnlyList<int> blue = Processes.WithVariable("HYDRA_TEST_SHADE", "blue");
        Assert.Equal(2, blue.Intersect(server.WorkerPids()).Count());
        Assert.DoesNotContain(outside, blue);
        await using RawConnection connection = await server.ConnectAsync();
        Assert.Equal(413, (await connection.ExchangeAsync("POST /old/body/read HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")).Status);
    }

    [Fact]
    public async Task Pool_Reload_ReplacesTheWorkersOfAllAndLogsNameThem()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--pool", "slow:/slow=1", "--metrics", "127.0.0.1:0");
        await server.Log.WaitAsync("hydra slow: worker 0");
        IReadOnlyList<int> before = server.WorkerPids();
        server.Signal(Processes.Hangup);
        await Eventually.HoldsAsync(
            () => server.WorkerPids() is { Count: 2 } now && !now.Intersect(before).Any(), "new workers of both", () => server.Log.Text);

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Contains("hydra_queue_requests{pool=\"slow\"} 0", await Metrics.ReadAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pool_KeyThatAnotherPoolHasServed_HasMoved()
    {
        await using HydraServer server = await StartAsync("affinity_app:app", "--affinity", "query:room", "--pool", "other:/other=1");
        foreach ((string path, string moved) in new[] { ("/", "1"), ("/", "0"), ("/other", "1"), ("/other", "0"), ("/", "1") })
        {
            Assert.Equal(moved, (await server.GetJsonAsync($"{path}?room=7")).GetProperty("moved").GetString());
        }
    }

    private static Task<HydraServer> StartAsync(string application, params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec(application) { Arguments = arguments });
}
