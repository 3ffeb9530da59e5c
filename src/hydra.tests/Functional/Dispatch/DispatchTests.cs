using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>Which worker gets a request, and when.</summary>
public sealed class DispatchTests
{
    [Fact]
    public async Task SlowRequest_WsgiWithTwoWorkers_DoesNotDelayOthers()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("wsgi_probe:bare") { Workers = 2 });
        await WarmUpAsync(server);
        await using RawConnection slow = await server.ConnectAsync();
        await slow.GetAsync("/meet/slow");
        await server.Board.WaitAsync("slow");

        // All at once, so that some go to the worker that is held up before it shows; it gives them back.
        await WarmUpAsync(server);
        Assert.False(slow.HasData);
        server.Board.Open("slow");
        Assert.Equal("met", (await slow.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task SlowRequest_AsgiThatBlocksItsLoop_DoesNotDelayOthers()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        await using RawConnection slow = await server.ConnectAsync();
        await slow.GetAsync("/block/slow");
        await server.Board.WaitAsync("slow");

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal("hello", await server.GetTextAsync("/hello"));
        }

        Assert.False(slow.HasData);
        server.Board.Open("slow");
        Assert.Equal("unblocked", (await slow.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task WaitingRequests_Asgi_RunAtTheSameTime()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        Task<string>[] requests = [.. Enumerable.Range(0, 300).Select(_ => server.GetTextAsync("/slow/together"))];
        await server.Board.WaitAsync("together", 300);
        server.Board.Open("together");

        Assert.All(await Task.WhenAll(requests), text => Assert.Equal("finished", text));
    }

    [Fact]
    public async Task LimitConcurrency_Asgi_KeepsTheOthersWaiting()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--limit-concurrency", "2", "--queue-timeout", "300ms"] });
        List<Task<HttpResponseMessage>> requests = [.. Enumerable.Range(0, 4).Select(_ => server.Client.GetAsync("/slow/limited"))];
        await server.Board.WaitAsync("limited", 2);
        for (int i = 0; i < 2; i++)
        {
            Task<HttpResponseMessage> waited = await Task.WhenAny(requests);
            Assert.Equal(503, (int)(await waited).StatusCode);
            requests.Remove(waited);
        }

        Assert.Equal(2, server.Board.Records("limited").Count);
        server.Board.Open("limited");
        Assert.All(await Task.WhenAll(requests), r => Assert.Equal(200, (int)r.StatusCode));
    }

    [Fact]
    public async Task ClientLeaves_WsgiThreadIsBusyStill_GetsNoOtherRequestUntilItIsFree()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wsgi_probe:bare") { Arguments = ["--queue-size", "1", "--queue-timeout", "300ms"] });
        await using RawConnection leaving = await server.ConnectAsync();
        await leaving.GetAsync("/meet/left");
        await server.Board.WaitAsync("left");
        leaving.Reset();

        // It waits in the front, not behind the thread: there it would not be given up.
        Assert.Equal(503, (int)(await server.Client.GetAsync("/hello")).StatusCode);
        server.Board.Open("left");
        await Eventually.HoldsAsync(
            () => server.Client.GetAsync("/hello").GetAwaiter().GetResult().IsSuccessStatusCode, "an answer", () => server.Log.Text);
    }

    [Fact]
    public async Task Close_KeepsItsThreadBehindTheResponse_TheNextRequestsWaitAndAreServed()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("wsgi_probe:bare") { Arguments = ["--queue-size", "1"] });
        Assert.Equal("complete", await server.GetTextAsync("/closes-late/closing"));
        await server.Board.WaitAsync("closing");

        // They wait in the front, which has room for one, and for one more that came back from the worker: it may not know yet.
        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 4).Select(_ => server.Client.GetAsync("/hello"))];
        HttpResponseMessage refused = await await Task.WhenAny(requests);
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        server.Board.Open("closing");
        Assert.Contains(await Task.WhenAll(requests), static response => response.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("wsgi_probe:bare")]
    [InlineData("asgi_probe:app")]
    public async Task Connection_RequestsOneAfterTheOther_StayWithTheirWorker(string application)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(application) { Workers = 2 });
        await using RawConnection first = await server.ConnectAsync();
        await using RawConnection second = await server.ConnectAsync();
        List<int>[] pids = [[], []];
        for (int i = 0; i < 20; i++)
        {
            pids[0].Add(await AskPidAsync(first));
            pids[1].Add(await AskPidAsync(second));
        }

        Assert.Equal(2, pids.Select(static ofOne => Assert.Single(ofOne.Distinct())).Distinct().Count());
    }

    private static async Task<int> AskPidAsync(RawConnection connection)
    {
        await connection.GetAsync("/worker");
        return (await connection.ReadResponseAsync()).Json().GetProperty("pid").GetInt32();
    }

    private static async Task WarmUpAsync(HydraServer server)
        => Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 400).Select(_ => server.GetTextAsync("/hello"))), text => Assert.Equal("hello", text));
}
