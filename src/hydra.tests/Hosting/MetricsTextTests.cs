using Hydra.Diagnostics;
using Hydra.Hosting;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Tests.Diagnostics;
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
        Ends = new Dictionary<string, long> { ["died"] = 2 },
        Totals = new Dictionary<int, WorkerTotal> { [0] = new(40, TimeSpan.FromSeconds(1.5)), [1] = new(2, TimeSpan.Zero) },
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
    public void State_OfAPool_IsMeasured()
    {
        string[] lines = Lines(Shop with { State = new StateFigures(3, 700, 1000, 12, 1, 2, 4) });

        foreach (string line in (string[])["entries 3", "bytes 700", "limit_bytes 1000", "calls_total 12", "evictions_total 1", "refused_total 2", "locks 4"])
        {
            Assert.Contains("hydra_state_" + line, lines);
        }

        Assert.DoesNotContain(Lines(Shop), static line => line.Contains("hydra_state_", StringComparison.Ordinal));
    }

    [Fact]
    public void Resumptions_OfAPool_AreMeasured()
    {
        var desk = new ResumeDesk(1000);
        desk.OnResumed(ResumeReason.Reload);
        desk.OnFailed();
        Assert.True(desk.OnLapsed() && desk.Memory.TryTake(70) && desk.OnDiffers());
        string[] lines = Lines(Shop with { Resume = desk });

        foreach (string line in (string[])["resumed_total{reason=\"reload\"} 1", "resumed_total{reason=\"crash\"} 0", "resume_failed_total 1", "resume_lapsed_total 1", "resume_bytes 70", "resume_limit_bytes 1000"])
        {
            Assert.Contains("hydra_" + line, lines);
        }

        Assert.False(desk.OnLapsed() || desk.OnDiffers());
        Assert.DoesNotContain(Lines(Shop), static line => line.Contains("hydra_resume", StringComparison.Ordinal));
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
    public void Write_WorkersThatAreNotWell_AreNamedAndThoseThatEndedCountedByWhy()
    {
        string[] lines = Lines(Shop with
        {
            Workers =
            [
                new WorkerFigures(0, WorkerState.Ready, 1, IsSilent: true, LoopLag: TimeSpan.FromSeconds(2)),
                new WorkerFigures(1, WorkerState.Draining, 0, LoopLag: TimeSpan.FromSeconds(0.25)), new WorkerFigures(1, WorkerState.Ready, 0, LoopLag: TimeSpan.FromSeconds(0.5)),
            ],
            Ends = new Dictionary<string, long> { ["died"] = 2, ["reload"] = 4 },
        });

        Assert.Contains("hydra_worker_silent{worker=\"0\"} 1", lines);
        Assert.Contains("hydra_worker_silent{worker=\"1\"} 0", lines);
        Assert.Contains("hydra_worker_loop_lag_seconds{worker=\"0\"} 2", lines);
        Assert.Contains("hydra_worker_loop_lag_seconds{worker=\"1\"} 0.5", lines);
        Assert.Contains("hydra_worker_ends_total{reason=\"died\"} 2", lines);
        Assert.Contains("hydra_worker_ends_total{reason=\"reload\"} 4", lines);
    }

    [Fact]
    public void Write_WorkersThatEnded_AreCountedByReasonAndStillCountForTheirNumber()
    {
        string[] lines = Lines(Shop);

        Assert.Contains("hydra_worker_ends_total{reason=\"died\"} 2", lines);
        Assert.Contains("hydra_worker_ends_total{reason=\"max_requests\"} 0", lines);
        Assert.Contains("hydra_worker_assigned_requests_total{worker=\"0\"} 40", lines);
        Assert.Contains("hydra_worker_cpu_seconds_total{worker=\"0\"} 1.5", lines);
        Assert.Contains("hydra_worker_assigned_requests_total{worker=\"1\"} 2", lines);
    }

    [Fact]
    public void Write_TwoProcessesOfOneNumber_AreTheirMemoryTogetherTheGreaterLagAndTheLaterStart()
    {
        DateTimeOffset started = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        string[] lines = Lines(new PoolFigures
        {
            Name = "a",
            Workers =
            [
                new WorkerFigures(0, WorkerState.Draining, 0) { Resident = 100, LoopLag = TimeSpan.FromSeconds(2), StartedOn = started },
                new WorkerFigures(0, WorkerState.Ready, 0) { Resident = 50, LoopLag = TimeSpan.FromSeconds(1), StartedOn = started.AddSeconds(9.5) },
            ],
        });

        Assert.Contains("hydra_worker_resident_memory_bytes{worker=\"0\"} 150", lines);
        Assert.Contains("hydra_worker_loop_lag_seconds{worker=\"0\"} 2", lines);
        Assert.Contains("hydra_worker_start_time_seconds{worker=\"0\"} 1700000009.5", lines);
    }

    [Fact]
    public void Write_Front_HasTheNamesOfClientLibrariesAndTlsWhereItIsSpoken()
    {
        var connections = new ClientConnections();
        connections.OnHandshakeFailed();
        var front = new FrontFigures
        {
            StartTime = 1.25,
            Cpu = TimeSpan.FromSeconds(2),
            Resident = 3,
            Descriptors = (4, double.PositiveInfinity),
            Heap = 5,
            Collections = [6, 7, 8],
            Connections = connections,
            SpeaksTls = true,
            OpenSsl = "3.0.1",
        };
        string[] lines = MetricsText.Write(new RequestMetrics(["none"]), [Shop], front).Split('\n');

        Assert.Contains("process_start_time_seconds 1.25", lines);
        Assert.Contains("process_cpu_seconds_total 2", lines);
        Assert.Contains("process_resident_memory_bytes 3", lines);
        Assert.Contains("process_open_fds 4", lines);
        Assert.Contains("process_max_fds +Inf", lines);
        Assert.Contains("hydra_gc_heap_bytes 5", lines);
        Assert.Contains("hydra_gc_collections_total{generation=\"1\"} 7", lines);
        Assert.Contains("hydra_tls_handshakes_failed_total 1", lines);
        Assert.Contains("hydra_connections{tls=\"true\"} 0", lines);
        Assert.Contains(lines, static line => line.StartsWith("hydra_build_info", StringComparison.Ordinal) && line.Contains("openssl=\"3.0.1\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_MetricsOfApplications_StandOnceBehindTheServersOwnWithTheirPool()
    {
        PoolFigures first = Shop with { Application = Collected("T counter all c\nS c_total{pool=\"x\"} 2\nT gauge all process_open_fds\nS process_open_fds 7\nT counter all process_max_fds\nS process_max_fds_total 1\n") };
        PoolFigures second = Shop with { Name = "other", Application = Collected("T counter all c\nS c_total 3\nT gauge all g\nS g 1\n") with { Failures = [("timeout", 4), ("conflict", 0)] } };
        var front = new FrontFigures { Descriptors = (4, 5) };
        string text = MetricsText.Write(new RequestMetrics(["none"]), [first, second], front);

        PrometheusSyntax.Check(text);
        string[] lines = text.Split('\n');
        Assert.Contains("c_total{pool=\"shop:app\",exported_pool=\"x\"} 2", lines);
        Assert.Contains("c_total{pool=\"other\"} 3", lines);
        Assert.Equal("process_open_fds{pool=\"shop:app\",worker=\"0\"} 7", lines[Array.IndexOf(lines, "process_open_fds 4") + 1]);
        Assert.Contains("hydra_collect_failures_total{pool=\"other\",reason=\"timeout\"} 4", lines);
    }

    [Fact]
    public void Write_MetricsOfAnotherKindThanTheServers_AreLeftOut()
    {
        PoolFigures pool = Shop with { Application = Collected("T counter all process_open_fds\nS process_open_fds_total 7\nT gauge sum process_cpu_seconds_total\nS process_cpu_seconds_total 1\n") };
        string text = MetricsText.Write(new RequestMetrics(["none"]), [pool with { Application = pool.Application! with { Failures = [("conflict", 2)] } }], new FrontFigures { Descriptors = (4, 5) });

        PrometheusSyntax.Check(text);
        Assert.DoesNotContain("process_cpu_seconds_total{", text, StringComparison.Ordinal);
        Assert.Contains("hydra_collect_failures_total{reason=\"conflict\"} 3\n", text, StringComparison.Ordinal);
    }

    private static CollectedFigures Collected(string lines) => new(new MetricMerge().Merge([Merged.Source("0", lines)]), []);

    [Theory]
    [InlineData(0x30000090, "3.0.9")]
    [InlineData(0x30500010, "3.5.1")]
    [InlineData(0x1010117f, "1.1.1w")]
    [InlineData(0x1010100f, "1.1.1")]
    public void VersionOf_NumberOfOpenSsl_IsWhatItIsCalled(long number, string expected) => Assert.Equal(expected, FrontFigures.VersionOf(number));

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
        Assert.Contains($"hydra_build_info{{version=\"0.1.0\",dotnet=\"{Environment.Version}\"}} 1", lines);
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
