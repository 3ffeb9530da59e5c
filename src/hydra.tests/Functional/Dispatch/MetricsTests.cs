using System.Globalization;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>What --metrics serves.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_RequestsThatWaitedAndWereRefused_AreCounted()
    {
        await using HydraServer server = await StartAsync("--queue-size", "1");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync("/meet/all");
        await server.Board.WaitAsync("all");
        Task<HttpResponseMessage>[] requests = [server.Client.GetAsync("/hello"), server.Client.GetAsync("/hello")];
        Assert.Equal(503, (int)(await await Task.WhenAny(requests)).StatusCode);

        IReadOnlyDictionary<string, double> during = await SamplesAsync(server);
        Assert.Equal(1, during["hydra_queue_requests"]);
        Assert.True(during["hydra_queue_bytes"] > 0);
        Assert.True(during["hydra_queue_delay_seconds"] > 0);
        Assert.Equal(1, during["hydra_requests_refused_total{reason=\"full\"}"]);
        Assert.Equal(0, during["hydra_requests_refused_total{reason=\"timeout\"}"]);
        Assert.Equal(1, during["hydra_worker_requests{worker=\"0\"}"]);

        server.Board.Open("all");
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
        await Task.WhenAll(requests);
        IReadOnlyDictionary<string, double> after = await EventuallyAsync(server, samples => samples["hydra_requests_total{status=\"2xx\"}"] == 3);
        Assert.Equal(1, after["hydra_requests_total{status=\"5xx\"}"]);
        Assert.Equal(4, after["hydra_request_duration_seconds_count"]);
        Assert.Equal(4, after["hydra_request_duration_seconds_bucket{le=\"+Inf\"}"]);
        Assert.Equal(4, after["hydra_request_queue_seconds_count"]);
        Assert.True(after["hydra_request_queue_seconds_sum"] > 0);
        Assert.True(after["hydra_request_duration_seconds_sum"] >= after["hydra_request_queue_seconds_sum"]);
        Assert.Equal(0, after["hydra_queue_requests"]);
    }

    [Fact]
    public async Task Metrics_Workers_AreCountedByWhatTheyDo()
    {
        await using HydraServer server = await StartAsync("--workers", "2");
        IReadOnlyDictionary<string, double> before = await SamplesAsync(server);
        Assert.Equal(2, before["hydra_workers{state=\"ready\"}"]);
        Assert.Equal(2, before["hydra_worker_starts_total"]);

        Processes.Signal(server.WorkerPids()[0], Processes.Kill);
        await EventuallyAsync(server, samples => samples["hydra_worker_starts_total"] == 3 && samples["hydra_workers{state=\"ready\"}"] == 2);
        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [Fact]
    public async Task Metrics_OtherPathsAndMethods_AreRefusedAndTheApplicationIsElsewhere()
    {
        await using HydraServer server = await StartAsync();
        using HttpClient client = await ClientAsync(server);

        Assert.Equal(404, (int)(await client.GetAsync("/hello")).StatusCode);
        Assert.Equal(405, (int)(await client.PostAsync("/metrics", null)).StatusCode);
        using HttpResponseMessage head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/metrics"));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", head.Content.Headers.ContentType!.ToString());
        Assert.Equal(404, (int)(await server.Client.GetAsync("/metrics")).StatusCode);
    }

    private static Task<HydraServer> StartAsync(params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("wsgi_probe:bare") { Arguments = ["--metrics", "127.0.0.1:0", .. arguments] });

    private static async Task<HttpClient> ClientAsync(HydraServer server)
        => new() { BaseAddress = new Uri((await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim()) };

    private static async Task<IReadOnlyDictionary<string, double>> SamplesAsync(HydraServer server)
    {
        using HttpClient client = await ClientAsync(server);
        string text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => !line.StartsWith('#'))
            .ToDictionary(
                static line => line[..line.LastIndexOf(' ')],
                static line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture),
                StringComparer.Ordinal);
    }

    private static async Task<IReadOnlyDictionary<string, double>> EventuallyAsync(
        HydraServer server, Func<IReadOnlyDictionary<string, double>, bool> condition)
    {
        IReadOnlyDictionary<string, double> samples = await SamplesAsync(server);
        for (int i = 0; i < 3_000 && !condition(samples); i++)
        {
            await Task.Delay(10);
            samples = await SamplesAsync(server);
        }

        Assert.True(condition(samples), string.Join('\n', samples));
        return samples;
    }
}
