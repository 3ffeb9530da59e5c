using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>What applications count with prometheus_client, as --metrics serves it.</summary>
public sealed class ApplicationMetricsTests
{
    private const string Orders = "shop_orders_total{kind=\"red\",worker=\"a\\\"b\\\\\"}";

    [PythonModuleFact("prometheus_client")]
    public async Task Scrape_SeveralWorkers_IsOneOfAll()
    {
        await using HydraServer server = await StartAsync("app", "--workers", "2");
        HashSet<string> workers = await OrderEverywhereAsync(server, 2);
        Assert.Equal(["0", "1"], workers.Order(StringComparer.Ordinal));
        int orders = await OrderAsync(server, 10);

        string text = await server.ScrapeAsync();
        await Scrapes.AssertReadByClientAsync(text);
        IReadOnlyDictionary<string, double> samples = Scrapes.Samples(text);
        Assert.Equal(orders, samples[Orders]);
        Assert.Equal(orders, samples["shop_time_seconds_bucket{le=\"1.0\"}"]);
        Assert.Equal(0, samples["shop_time_seconds_bucket{le=\"0.1\"}"]);
        Assert.Equal((orders, 2 * orders), (samples["shop_size_count"], samples["shop_size_sum"]));
        Assert.Equal((10, 11), (samples["shop_depth{worker=\"0\"}"], samples["shop_depth{worker=\"1\"}"]));
        Assert.Equal((10, 1, 6), (samples["shop_sum"], samples["shop_most"], samples["shop_custom_total"]));
        Assert.Equal(1, samples["shop_build_info{version=\"1\"}"]);
        Assert.Equal(1, samples["shop_mode{worker=\"1\",shop_mode=\"on\"}"]);
        Assert.True(samples["process_cpu_seconds_total{worker=\"0\"}"] > 0);
        Assert.True(samples["process_cpu_seconds_total"] > 0);
        Assert.Contains("python_gc_collections_total{worker=\"1\",generation=\"0\"}", samples);
        Assert.Equal(0, samples["hydra_collect_failures_total{reason=\"invalid\"}"]);
        Assert.DoesNotContain("A name of the server's", text, StringComparison.Ordinal);
    }

    [PythonModuleFact("prometheus_client")]
    public async Task Scrape_AfterAWorkerHasEnded_LosesNothing()
    {
        await using HydraServer server = await StartAsync("asgi", "--workers", "2");
        await OrderEverywhereAsync(server, 2);
        int orders = await OrderAsync(server, 0);

        // Orderly: it says in the end what nobody has asked for yet.
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("2 workers were replaced");
        await server.SamplesAsync(static samples => samples["hydra_worker_ends_total{reason=\"reload\"}"] == 2);
        Assert.Equal(orders, (await server.SamplesAsync())[Orders]);

        // And not: what was known of it at the last scrape.
        orders = await OrderAsync(server, 4);
        Assert.Equal(orders, (await server.SamplesAsync())[Orders]);
        server.WorkerPids().ToList().ForEach(static pid => Processes.Signal(pid, Processes.Kill));
        IReadOnlyDictionary<string, double> after = await server.SamplesAsync(
            static samples => samples["hydra_worker_ends_total{reason=\"died\"}"] == 2 && samples.GetValueOrDefault("shop_sum") == 10);
        Assert.Equal(orders, after[Orders]);
        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [PythonModuleFact("prometheus_client")]
    public async Task Scrape_ForkedWorkers_IsOneOfAll()
    {
        await using HydraServer server = await StartAsync("app", "--workers", "2", "--preload");
        await OrderEverywhereAsync(server, 2);
        int orders = await OrderAsync(server, 3);

        Assert.Equal(orders, (await server.SamplesAsync())[Orders]);
    }

    [PythonModuleFact("prometheus_client")]
    public async Task Scrape_CollectorThatHangs_HasWhatIsKnownAndHoldsUpNothing()
    {
        await using HydraServer server = await StartAsync("app");
        int orders = await OrderAsync(server, 2);
        Assert.Equal(orders, (await server.SamplesAsync())[Orders]);
        await server.GetTextAsync("/does/hangs");
        await OrderAsync(server, 1);

        IReadOnlyDictionary<string, double> during = await server.SamplesAsync();
        Assert.Equal((orders, 1), (during[Orders], during["hydra_collect_failures_total{reason=\"timeout\"}"]));
        Assert.Equal("0", await server.GetTextAsync("/does/nothing"));
        server.Board.Open("figures");
        await server.SamplesAsync(samples => samples[Orders] == orders + 1);
    }

    [PythonModuleFact("prometheus_client")]
    public async Task Scrape_StoppedWorker_HasWhatIsKnown()
    {
        await using HydraServer server = await StartAsync("app");
        int orders = await OrderAsync(server, 2);
        Assert.Equal(orders, (await server.SamplesAsync())[Orders]);
        int worker = Assert.Single(server.WorkerPids());
        Processes.Signal(worker, Processes.Stop);

        IReadOnlyDictionary<string, double> during = await server.SamplesAsync();
        Processes.Signal(worker, Processes.Continue);
        Assert.Equal((orders, 1), (during[Orders], during["hydra_collect_failures_total{reason=\"timeout\"}"]));
    }

    [PythonModuleFact("prometheus_client")]
    public async Task Scrape_CollectorsThatRaiseOrHaveTooMuch_LeaveTheRest()
    {
        await using HydraServer server = await StartAsync("app");
        int orders = await OrderAsync(server, 2);
        await server.GetTextAsync("/does/raises");
        IReadOnlyDictionary<string, double> samples = await server.SamplesAsync();
        Assert.Equal((orders, 1), (samples[Orders], samples["hydra_collect_failures_total{reason=\"error\"}"]));
        Assert.DoesNotContain("shop_custom_total", samples);
        await server.Log.WaitAsync("ValueError: no figures today");

        await server.GetTextAsync("/does/huge");
        samples = await server.SamplesAsync();
        Assert.Equal((orders, 1), (samples[Orders], samples["hydra_collect_failures_total{reason=\"too_large\"}"]));
    }

    [PythonModuleFact("prometheus_client")]
    public async Task Scrape_NotAskedFor_HasTheServersAlone()
    {
        await using HydraServer server = await StartAsync("app", "--no-metrics-application");
        await OrderAsync(server, 2);
        IReadOnlyDictionary<string, double> samples = await server.SamplesAsync();

        Assert.DoesNotContain(Orders, samples);
        Assert.DoesNotContain(samples.Keys, static name => name.StartsWith("hydra_collect", StringComparison.Ordinal));
    }

    private readonly Dictionary<HydraServer, int> _orders = [];

    private static Task<HydraServer> StartAsync(string app, params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("prometheus_probe:" + app) { Arguments = ["--metrics", "127.0.0.1:0", .. arguments] });

    // How many there were in all.
    private async Task<int> OrderAsync(HydraServer server, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await server.GetTextAsync("/order/red");
        }

        return _orders[server] = _orders.GetValueOrDefault(server) + count;
    }

    // Until each worker had one.
    private async Task<HashSet<string>> OrderEverywhereAsync(HydraServer server, int workers)
    {
        // Another worker may have the next connection; the same has the next request of this one.
        server.Client.DefaultRequestHeaders.ConnectionClose = true;
        HashSet<string> seen = [];
        for (int i = 0; i < 10_000 && seen.Count < workers; i++)
        {
            seen.Add(await server.GetTextAsync("/order/red"));
            _orders[server] = _orders.GetValueOrDefault(server) + 1;
        }

        return seen;
    }
}
