using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>The order in which requests are served that wait: urgent ones first, and clients in turns.</summary>
public sealed class QueueOrderTests
{
    [Theory]
    [InlineData("wsgi_probe:bare")]
    [InlineData("asgi_probe:app", "--limit-concurrency", "1")]
    public async Task Priority_UrgentRequest_PassesThoseThatWaitAndAFullQueueTakesIt(string application, params string[] arguments)
    {
        await using HydraServer server = await StartAsync(application, [.. arguments, "--priority", "/hello=high", "--queue-size", "8"]);
        await using RawConnection holding = await HoldAsync(server);
        List<Task<HttpResponseMessage>> waiting = [];
        for (int i = 0; i < 8; i++)
        {
            waiting.Add(server.Client.GetAsync("/worker"));
            await QueuedAsync(server, i + 1);
        }

        Assert.Equal(503, (int)(await server.Client.GetAsync("/worker")).StatusCode);
        Task<HttpResponseMessage> urgent = server.Client.GetAsync("/hello");
        await QueuedAsync(server, 9);
        server.Board.Open("held");

        Assert.Equal(200, (int)(await urgent).StatusCode);
        Assert.All(await Task.WhenAll(waiting), static response => Assert.Equal(200, (int)response.StatusCode));
    }

    [Fact]
    public async Task QueueFair_BurstOfOneClient_HoldsUpNoOther()
    {
        await using HydraServer server = await StartAsync("wsgi_probe:bare", "--queue-fair", "header:X-Client", "--limit-concurrency", "1");
        await using RawConnection holding = await HoldAsync(server);
        List<string> order = [];
        List<Task> waiting = [];
        for (int i = 0; i < 20; i++)
        {
            waiting.Add(AskAsync(server, "burst", order));
            await QueuedAsync(server, i + 1);
        }

        waiting.Add(AskAsync(server, "other", order));
        await QueuedAsync(server, 21);
        server.Board.Open("held");
        await Task.WhenAll(waiting);

        // Answers may pass each other on their way back; among the first few it is.
        Assert.InRange(order.IndexOf("other"), 0, 8);
    }

    [Fact]
    public async Task LimitConcurrencyAuto_DependencyStandsStill_FewRequestsWaitInTheWorkerAndAllAreServedWhenItGoesOn()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--limit-concurrency", "auto", "--queue-timeout", "2m");
        await Eventually.HoldsAsync(
            () => server.GetTextAsync("/hello").GetAwaiter().GetResult() == "hello" && Sample(server, "hydra_concurrency_usual_seconds") > 0,
            "a usual time", () => server.Log.Text);
        Task<string>[] requests = [.. Enumerable.Range(0, 400).Select(_ => server.GetTextAsync("/slow/stalled"))];
        await Eventually.HoldsAsync(() => Limit(server) == 4, "a limit of 4", () => server.Log.Text);

        Assert.InRange(server.Board.Records("stalled").Count, 1, 128);
        server.Board.Open("stalled");
        Assert.All(await Task.WhenAll(requests), static text => Assert.Equal("finished", text));
        await server.Log.WaitAsync("--limit-concurrency auto");
    }

    private static async Task AskAsync(HydraServer server, string client, List<string> order)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/hello", UriKind.Relative));
        request.Headers.Add("X-Client", client);
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        Assert.Equal(200, (int)response.StatusCode);
        lock (order)
        {
            order.Add(client);
        }
    }

    private static Task<HydraServer> StartAsync(string application, params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec(application) { Arguments = [.. arguments, "--metrics", "127.0.0.1:0"] });

    // Its only worker has one request that does not end.
    private static async Task<RawConnection> HoldAsync(HydraServer server)
    {
        RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync(server.Spec.App.StartsWith("wsgi", StringComparison.Ordinal) ? "/meet/held" : "/slow/held");
        await server.Board.WaitAsync("held");
        return connection;
    }

    private static Task QueuedAsync(HydraServer server, int count)
        => Eventually.HoldsAsync(() => Waiting(server) == count, $"{count} requests that wait", () => server.Log.Text);

    private static int Waiting(HydraServer server) => (int)Sample(server, "hydra_queue_requests");

    private static int Limit(HydraServer server) => (int)Sample(server, "hydra_concurrency_limit");

    private static double Sample(HydraServer server, string name)
    {
        string text = Metrics.ReadAsync(server).GetAwaiter().GetResult();
        string line = text.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
