using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>What somebody asks of a fleet that runs.</summary>
public class FleetControlTests
{
    [Fact]
    public void Restart_WorkerThatServes_IsReplacedAndServesUntilThen()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);
        Assert.Null(harness.Fleet.Restart(1));

        Assert.Equal([WorkerState.Ready, WorkerState.Retiring, WorkerState.Starting], harness.Started.Select(static worker => worker.State));
        harness.Ready(harness.Last);
        Assert.Equal(WorkerState.Draining, harness.Started[1].State);
        harness.Exit(harness.Started[1]);
        Assert.Equal(1, harness.Fleet.Describe().Ends["asked"]);
    }

    [Fact]
    public void Restart_SoonAfterAnother_DoesNotWait()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 1);
        harness.Fleet.Restart(0);
        harness.Advance(10);
        harness.Ready(harness.Last);
        harness.Exit(harness.Started[0]);

        Assert.Null(harness.Fleet.Restart(0));
        Assert.Equal(3, harness.Started.Count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Restart_NoSuchWorker_SaysWhichThereAre(int index)
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);

        Assert.Equal($"there is no worker {index}: they are numbered from 0 to 1", harness.Fleet.Restart(index));
    }

    [Fact]
    public void Restart_WorkerThatStarts_IsRefused()
    {
        using var harness = new FleetHarness(workers: 1);

        Assert.Equal("worker 0 is starting already", harness.Fleet.Restart(0));
        Assert.Single(harness.Started);
    }

    [Fact]
    public void Restart_WorkerWhoseStartWaits_StartsNow()
    {
        using FleetHarness harness = FleetHarness.Running();
        for (int i = 0; i < 4; i++)
        {
            harness.Exit(harness.Last, 1);
            harness.Advance(i == 3 ? 0 : 20);
        }

        WorkerSnapshot waiting = Assert.Single(harness.Fleet.Describe().Workers);
        Assert.Null(waiting.Worker);
        Assert.True(waiting.StartsIn > TimeSpan.Zero);
        Assert.Null(harness.Fleet.Restart(0));

        Assert.NotNull(Assert.Single(harness.Fleet.Describe().Workers).Worker);
    }

    [Fact]
    public void SetSize_OfAFleet_StartsAndEndsWorkers()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 1);
        Assert.Null(harness.Fleet.SetSize(3));
        Assert.Equal(3, harness.Started.Count);
        Assert.Equal((3, 1, 4), (harness.Fleet.Describe().Wanted, harness.Fleet.Describe().Fewest, harness.Fleet.Describe().Most));

        Assert.NotNull(harness.Fleet.SetSize(5));
        Assert.Null(harness.Fleet.SetSize(1));
        Assert.Equal([WorkerState.Ready, WorkerState.Ending, WorkerState.Ending], harness.Started.Select(static worker => worker.State));
    }

    [Fact]
    public void Commands_WhileTheServerStops_AreRefused()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Fleet.Stop(TimeSpan.FromSeconds(1));

        Assert.Equal("the server is stopping", harness.Fleet.SetSize(2));
        Assert.Equal("the server is stopping", harness.Fleet.Restart(0));
    }

    [Fact]
    public void Describe_WorkersThatEnd_AreCountedByWhy()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 1);
        harness.Exit(harness.Last, 137);
        harness.Advance(5);
        harness.Fail(harness.Last);
        harness.Advance(20);
        harness.Ready(harness.Last);
        harness.Fleet.OnLinkClosed(harness.Last, null);
        harness.Exit(harness.Last, 139);

        Assert.Equal(new Dictionary<string, long> { ["died"] = 2, ["start_failed"] = 1 }, harness.Fleet.Describe().Ends);
    }

    [Fact]
    public void NameOf_EachReason_IsInSnakeCase()
    {
        Assert.Equal("max_requests", FleetHistory.NameOf(RetireReason.MaxRequests));
        Assert.Equal("hung", FleetHistory.NameOf(RetireReason.Hung));
    }

    [Fact]
    public void ReloadFailure_OfTheLastReload_IsWhyItWasGivenUp()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Fleet.Reload();
        Assert.Null(harness.Fleet.ReloadFailure);
        harness.Fail(harness.Last, "no such module");
        Assert.Equal("no such module", harness.Fleet.ReloadFailure);

        harness.Fleet.Reload();
        harness.Ready(harness.Last);
        Assert.Null(harness.Fleet.ReloadFailure);
    }
}
