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

        IReadOnlyDictionary<string, double> during = await server.SamplesAsync();
        Assert.Equal(1, during["hydra_queue_requests"]);
        Assert.True(during["hydra_queue_bytes"] > 0);
        Assert.True(during["hydra_queue_delay_seconds"] > 0);
        Assert.Equal(1, during["hydra_requests_refused_total{reason=\"full\"}"]);
        Assert.Equal(0, during["hydra_requests_refused_total{reason=\"timeout\"}"]);
        Assert.Equal(1, during["hydra_worker_requests{worker=\"0\"}"]);

        server.Board.Open("all");
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
        await Task.WhenAll(requests);
        IReadOnlyDictionary<string, double> after = await server.SamplesAsync(samples => samples["hydra_requests_total{status=\"2xx\"}"] == 3);
        Assert.Equal(1, after["hydra_requests_total{status=\"5xx\"}"]);
        Assert.Equal(4, after["hydra_request_duration_seconds_count"]);
        Assert.Equal(4, after["hydra_request_duration_seconds_bucket{le=\"+Inf\"}"]);
        Assert.Equal(4, after["hydra_request_queue_seconds_count"]);
        Assert.True(after["hydra_request_queue_seconds_sum"] > 0);
        Assert.True(after["hydra_request_duration_seconds_sum"] >= after["hydra_request_queue_seconds_sum"]);
        Assert.Equal(0, after["hydra_queue_requests"]);

        // Those that were refused no worker has seen.
        Assert.Equal(3, after["hydra_request_first_byte_seconds_count"]);
        Assert.Equal(3, after["hydra_request_worker_seconds_count"]);
        Assert.True(after["hydra_request_worker_seconds_sum"] <= after["hydra_request_duration_seconds_sum"]);
        Assert.True(after["hydra_request_first_byte_seconds_sum"] <= after["hydra_request_duration_seconds_sum"]);
        Assert.True(after["hydra_response_body_bytes_total"] >= 3 * "hello".Length);
        Assert.Equal(3, after["hydra_worker_assigned_requests_total{worker=\"0\"}"]);
    }

    [Fact]
    public async Task Metrics_Workers_AreCountedByWhatTheyDo()
    {
        await using HydraServer server = await StartAsync("--workers", "2");
        IReadOnlyDictionary<string, double> before = await server.SamplesAsync();
        Assert.Equal(2, before["hydra_workers{state=\"ready\"}"]);
        Assert.Equal(2, before["hydra_worker_starts_total"]);

        Assert.Equal(0, before["hydra_worker_ends_total{reason=\"died\"}"]);
        for (int i = 0; i < 2; i++)
        {
            Assert.True(before[$"hydra_worker_resident_memory_bytes{{worker=\"{i}\"}}"] > 1_000_000);
            Assert.True(before[$"hydra_worker_cpu_seconds_total{{worker=\"{i}\"}}"] > 0);
            Assert.True(before[$"hydra_worker_loop_lag_seconds{{worker=\"{i}\"}}"] >= 0);
            Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - before[$"hydra_worker_start_time_seconds{{worker=\"{i}\"}}"], -5, 600);
        }

        for (int i = 0; i < 5; i++)
        {
            await server.GetTextAsync("/hello");
        }

        Processes.Signal(server.WorkerPids()[0], Processes.Kill);
        IReadOnlyDictionary<string, double> after = await server.SamplesAsync(
            samples => samples["hydra_worker_starts_total"] == 3 && samples["hydra_workers{state=\"ready\"}"] == 2);
        Assert.Equal(1, after["hydra_worker_ends_total{reason=\"died\"}"]);

        // What the one that is gone has done still counts.
        Assert.Equal(5, after["hydra_worker_assigned_requests_total{worker=\"0\"}"] + after["hydra_worker_assigned_requests_total{worker=\"1\"}"]);
        Assert.All(
            after.Keys.Where(static name => name.StartsWith("hydra_worker_cpu_seconds_total", StringComparison.Ordinal)),
            name => Assert.True(after[name] >= before[name]));
        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [Fact]
    public async Task Metrics_OfTheServerItself_AreThere()
    {
        await using HydraServer server = await StartAsync();
        await server.GetTextAsync("/hello");
        IReadOnlyDictionary<string, double> samples = await server.SamplesAsync();

        Assert.True(samples["process_resident_memory_bytes"] > 1_000_000);
        Assert.True(samples["process_cpu_seconds_total"] > 0);
        Assert.InRange(samples["process_open_fds"], 10, samples["process_max_fds"]);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - samples["process_start_time_seconds"], -5, 600);
        Assert.True(samples["hydra_gc_heap_bytes"] > 0);
        Assert.Contains("hydra_gc_collections_total{generation=\"2\"}", samples);
        Assert.True(samples["hydra_connections_accepted_total{tls=\"false\"}"] >= 1);
        Assert.True(samples["hydra_connections{tls=\"false\"}"] >= 1);
        Assert.DoesNotContain("hydra_tls_handshakes_failed_total", samples);
        Assert.Equal(1, Assert.Single(samples, static one => one.Key.StartsWith("hydra_build_info{version=\"", StringComparison.Ordinal) && one.Key.Contains(",dotnet=\"10.", StringComparison.Ordinal)).Value);
        Assert.Equal(samples["process_start_time_seconds"], (await server.SamplesAsync())["process_start_time_seconds"]);
    }

    [PythonModuleFact("prometheus_client")]
    public async Task Metrics_AllOfThem_AreReadByPrometheusClient()
    {
        await using HydraServer server = await StartAsync("--workers", "2", "--mount", "/other=asgi_probe:app", "--cache", "1M");
        await server.GetTextAsync("/hello");
        await server.GetTextAsync("/other/hello");
        await server.Client.GetAsync("/other/nothing");

        await Scrapes.AssertReadByClientAsync(await server.ScrapeAsync());
        IReadOnlyDictionary<string, double> samples = await server.SamplesAsync(samples => samples["hydra_requests_total{pool=\"/other\",status=\"2xx\"}"] >= 1);
        Assert.Equal(1, samples["hydra_requests_total{pool=\"/\",status=\"2xx\"}"]);
        Assert.Equal(0, samples["hydra_requests_total{status=\"2xx\"}"]);
        Assert.Equal(1, samples["hydra_request_duration_seconds_count{pool=\"/\"}"]);
        Assert.Equal(1, samples["hydra_request_worker_seconds_count{pool=\"/\"}"]);
    }

    [Fact]
    public async Task Metrics_OtherPathsAndMethods_AreRefusedAndTheApplicationIsElsewhere()
    {
        await using HydraServer server = await StartAsync();
        using HttpClient client = await server.MetricsClientAsync();

        Assert.Equal(404, (int)(await client.GetAsync("/hello")).StatusCode);
        Assert.Equal(405, (int)(await client.PostAsync("/metrics", null)).StatusCode);
        using HttpResponseMessage head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/metrics"));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", head.Content.Headers.ContentType!.ToString());
        Assert.Equal(404, (int)(await server.Client.GetAsync("/metrics")).StatusCode);
    }

    private static Task<HydraServer> StartAsync(params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("wsgi_probe:bare") { Arguments = ["--metrics", "127.0.0.1:0", .. arguments] });
}
