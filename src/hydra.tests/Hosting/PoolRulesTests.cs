using Hydra.Configuration;
using Hydra.Dispatch;
using Hydra.Hosting;
using Hydra.Primitives;
using Hydra.Transport;
using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class PoolRulesTests
{
    private static readonly ApplicationOptions Application = new() { App = "shop.web:make", Factory = true, RootPath = "/shop" };

    [Fact]
    public void Queue_Options_AreItsBounds()
        => Assert.Equal(
            new DispatchOptions { QueueSize = 1, QueueBytes = 2, QueueTimeout = TimeSpan.FromSeconds(3) },
            PoolRules.Queue(new ApplicationOptions { Queue = new QueueOptions { Size = 1, Bytes = 2, Timeout = TimeSpan.FromSeconds(3) } }));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Keys_Source_IsTheOnlyOneToBeAsked(bool isOn)
    {
        var options = new AffinityOptions { Source = isOn ? new AffinitySource(AffinityKind.Client) : null, Wait = TimeSpan.FromSeconds(2) };

        Assert.Equal(isOn, PoolRules.Keys(options) is not null);
        Assert.Equal(isOn ? TimeSpan.FromSeconds(2) : null, PoolRules.Queue(Application with { Affinity = options }).AffinityWait);
    }

    [Theory]
    [InlineData(null, 4, false)]
    [InlineData(4, 4, true)]
    [InlineData(9, 9, true)]
    public void Scale_Maximum_IsTheCountWhereThereIsNone(int? maximum, int expected, bool isRange)
    {
        ScaleOptions scale = PoolRules.Scale(new WorkerOptions { Count = 4, Maximum = maximum });

        Assert.Equal((4, expected), (scale.Minimum, scale.Maximum));
        Assert.Equal(isRange && maximum > 4, scale.IsUsed);
    }

    [Fact]
    public void Recycle_Zeros_AreNoLimits()
    {
        RecycleOptions recycle = PoolRules.Recycle(new ReplacementOptions());

        Assert.Null(recycle.MaxRequests);
        Assert.Null(recycle.MaxResident);
        Assert.Null(recycle.MaxLifetime);
    }

    [Fact]
    public void Recycle_Limits_AreTaken()
    {
        RecycleOptions recycle = PoolRules.Recycle(
            new ReplacementOptions { MaxRequests = 1, MaxRequestsJitter = 2, MaxRss = 3, MaxLifetime = TimeSpan.FromSeconds(4) });

        Assert.Equal((1, 2, 3L, TimeSpan.FromSeconds(4)), (recycle.MaxRequests, recycle.RequestsJitter, recycle.MaxResident, recycle.MaxLifetime));
    }

    [Fact]
    public void Document_Words_AreThoseOfTheOptions()
    {
        BootDocument document = PoolRules.Document(
            new ServerOptions(),
            Application with
            {
                Interface = "wsgi",
                Lifespan = Lifespan.Off,
                Python = new PythonOptions { Loop = "uvloop", Threads = 8 },
            },
            dataLinks: 2);

        Assert.Equal(("shop.web:make", true), (document.App, document.Factory));
        Assert.Equal(("wsgi", "off", "uvloop", "info"), (document.Interface, document.Lifespan, document.Loop, document.LogLevel));
        Assert.Equal((8, 2, 30_000), (document.Threads, document.DataLinks, document.GraceMilliseconds));
    }

    [Theory]
    [InlineData(SpeedupsUse.Auto, "auto")]
    [InlineData(SpeedupsUse.On, "on")]
    [InlineData(SpeedupsUse.Off, "off")]
    internal void Document_Speedups_AreTheWordOfTheOption(SpeedupsUse use, string word)
        => Assert.Equal(
            word,
            PoolRules.Document(new ServerOptions(), Application with { Python = new PythonOptions { Speedups = use } }, 1).Speedups);

    [Fact]
    public void Document_BusyPoll_IsTheServers()
        => Assert.Equal(
            40,
            PoolRules.Document(new ServerOptions { Tuning = new TuningOptions { BusyPoll = 40 } }, Application, 1).BusyPollMicroseconds);

    [Theory]
    [InlineData("asgi", 3)]
    [InlineData("worker", 1)]
    public void Document_WorkerLoops_AreThoseOfAnInterfaceOfPythons(string face, int expected)
    {
        BootDocument document = PoolRules.Document(
            new ServerOptions(), Application with { Interface = face, Python = new PythonOptions { WorkerLoops = 3 } }, dataLinks: 6);

        Assert.Equal((expected, 6), (document.WorkerLoops, document.DataLinks));
    }

    [Theory]
    [InlineData(0, false, false)]
    [InlineData(1, false, true)]
    [InlineData(0, true, true)]
    public void Document_Interruptible_WhereSomethingMayInterrupt(int timeout, bool cancels, bool expected)
    {
        var timeouts = new TimeoutOptions { Request = TimeSpan.FromSeconds(timeout), CancelOnDisconnect = cancels };

        Assert.Equal(expected, PoolRules.Document(new ServerOptions(), Application with { Timeouts = timeouts }, 1).Interruptible);
    }

    [Theory]
    [InlineData(false, 3, 0)]
    [InlineData(true, 3, 3_000)]
    [InlineData(true, 0, 1)]
    public void Document_Disconnect_IsTheGraceWhereItIsAskedFor(bool cancels, int grace, int expected)
    {
        var timeouts = new TimeoutOptions { CancelOnDisconnect = cancels, DisconnectGrace = TimeSpan.FromSeconds(grace) };

        Assert.Equal(expected, PoolRules.Document(new ServerOptions(), Application with { Timeouts = timeouts }, 1).DisconnectMilliseconds);
    }

    [Theory]
    [InlineData(null, 3)]
    [InlineData(5, 5)]
    public void Supervisor_StreamGrace_IsAThirdOfTheDrainTimeoutWhereThereIsNone(int? streams, int expected)
    {
        TimeSpan? given = streams is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var server = new ServerOptions { GracefulTimeout = TimeSpan.FromSeconds(9), StreamGrace = given };

        SupervisorOptions options = PoolRules.Supervisor(
            server, Application, new FrontLoops(server, new ListenSockets()),
            static () => throw new InvalidOperationException("nothing is started"), static () => { });

        Assert.Equal(TimeSpan.FromSeconds(expected), options.StreamGrace);
    }

    [Theory]
    [InlineData(null, 7)]
    [InlineData(2, 2)]
    public void Supervisor_DrainTimeout_IsTheGraceWhereThereIsNone(int? drain, int expected)
    {
        TimeSpan? given = drain is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var server = new ServerOptions { GracefulTimeout = TimeSpan.FromSeconds(7) };

        SupervisorOptions options = PoolRules.Supervisor(
            server, Application with { Replacement = new ReplacementOptions { DrainTimeout = given } }, new FrontLoops(server, new ListenSockets()),
            static () => throw new InvalidOperationException("nothing is started"), static () => { });

        Assert.Equal(TimeSpan.FromSeconds(expected), options.DrainTimeout);
    }
}
