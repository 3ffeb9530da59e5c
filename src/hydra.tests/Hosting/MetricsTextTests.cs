using Hydra.Diagnostics;
using Hydra.Hosting;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class MetricsTextTests
{
    private static readonly PoolFigures Shop = new()
    {
        Name = "shop:app",
        QueueLength = 3,
        QueueBytes = 4096,
        QueueDelay = TimeSpan.FromMilliseconds(250),
        RefusedFull = 7,
        RefusedLate = 8,
        Workers =
        [
            new WorkerFigures(1, WorkerState.Ready, 2, 7), new WorkerFigures(0, WorkerState.Draining, 4), new WorkerFigures(0, WorkerState.Ready, 1),
        ],
        Launched = 5,
    };

    [Fact]
    public void Write_OnePool_NamesNone()
    {
        string[] lines = Lines(Shop);

        Assert.DoesNotContain(lines, static line => line.Contains("pool=", StringComparison.Ordinal));
        Assert.Contains("hydra_queue_requests 3", lines);
        Assert.Contains("hydra_queue_bytes 4096", lines);
        Assert.Contains("hydra_queue_delay_seconds 0.25", lines);
        Assert.Contains("hydra_requests_refused_total{reason=\"full\"} 7", lines);
        Assert.Contains("hydra_requests_refused_total{reason=\"timeout\"} 8", lines);
        Assert.Contains("hydra_worker_starts_total 5", lines);
    }

    [Fact]
    public void Write_Keys_AreCountedWhereThereAreSome()
    {
        Assert.DoesNotContain(Lines(Shop), static line => line.Contains("affinity", StringComparison.Ordinal));
        string[] lines = Lines(Shop with { Keys = (10, 3) });
        Assert.Contains("hydra_affinity_requests_total{moved=\"0\"} 7", lines);
        Assert.Contains("hydra_affinity_requests_total{moved=\"1\"} 3", lines);
    }

    [Fact]
    public void Write_ConcurrencyLimit_IsThereWhereItIsFoundOut()
    {
        Assert.DoesNotContain(Lines(Shop), static line => line.Contains("concurrency", StringComparison.Ordinal));
        Assert.Contains("hydra_concurrency_limit 31", Lines(Shop with { Concurrency = new ConcurrencyFigures(31, TimeSpan.FromMilliseconds(50)) }));
    }

    [Fact]
    public void Write_Workers_AreCountedByStateAndAddedUpByNumber()
    {
        string[] lines = Lines(Shop);

        Assert.Contains("hydra_workers{state=\"ready\"} 2", lines);
        Assert.Contains("hydra_workers{state=\"draining\"} 1", lines);
        Assert.Contains("hydra_workers{state=\"starting\"} 0", lines);
        Assert.DoesNotContain(lines, static line => line.Contains("stopped", StringComparison.Ordinal));
        Assert.Equal(
            ["hydra_worker_requests{worker=\"0\"} 5", "hydra_worker_requests{worker=\"1\"} 2"],
            lines.Where(static line => line.StartsWith("hydra_worker_requests{", StringComparison.Ordinal)));
        Assert.Contains("hydra_worker_websockets{worker=\"1\"} 7", lines);
    }

    [Fact]
    public void Write_WorkersThatWereReady_SayWhatTheyAre()
    {
        WorkerInfo info = new("asgi", InterfaceFeatures.None, "CPython 3.11.2", "uvloop 0.17, speedups", 0);
        PoolFigures pool = Shop with
        {
            Workers =
            [
                new WorkerFigures(1, WorkerState.Ready, 0, Info: info with { Loop = "a\"b" }), new WorkerFigures(0, WorkerState.Draining, 0, Info: info),
                new WorkerFigures(0, WorkerState.Ready, 0, Info: info with { }), new WorkerFigures(2, WorkerState.Starting, 0),
            ],
        };

        Assert.Equal(
            [
                "hydra_worker_info{worker=\"0\",interface=\"asgi\",python=\"CPython 3.11.2\",loop=\"uvloop 0.17, speedups\"} 1",
                "hydra_worker_info{worker=\"1\",interface=\"asgi\",python=\"CPython 3.11.2\",loop=\"a\\\"b\"} 1",
            ],
            Lines(pool).Where(static line => line.StartsWith("hydra_worker_info", StringComparison.Ordinal)));
    }

    [Fact]
    public void Write_SeveralPools_AreToldApartByALabel()
    {
        string[] lines = Lines(Shop, new PoolFigures { Name = "a\"b\\c", QueueLength = 9 });

        Assert.Contains("hydra_queue_requests{pool=\"shop:app\"} 3", lines);
        Assert.Contains("hydra_queue_requests{pool=\"a\\\"b\\\\c\"} 9", lines);
        Assert.Contains("hydra_workers{pool=\"shop:app\",state=\"ready\"} 2", lines);
        Assert.Contains("hydra_build_info{version=\"0.1.0\"} 1", lines);
    }

    [Fact]
    public void Write_SeveralPools_DescribesEachMetricOnceAndKeepsItsSamplesTogether()
    {
        string[] lines = Lines(Shop, Shop with { Name = "other:app" });

        string[] names = [.. lines.Where(static line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[2])];
        Assert.Equal(names.Distinct(), names);
        string[] inOrder = [.. lines.Where(static line => !line.StartsWith('#')).Select(static line => line.Split('{', ' ')[0])];
        string[] runs = [.. inOrder.Where((name, i) => i == 0 || inOrder[i - 1] != name)];
        Assert.Equal(runs.Distinct(), runs);
    }

    private static string[] Lines(params PoolFigures[] pools)
        => MetricsText.Write(new RequestMetrics(["none"]), pools).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
