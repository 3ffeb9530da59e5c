using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public class FleetReloadTests
{
    [Fact]
    public void Reload_Several_FirstAloneThenAQuarterAtATime()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 8);
        harness.Fleet.Reload();
        Assert.Equal(9, harness.Started.Count);

        harness.Ready(harness.Last);
        Assert.Equal(11, harness.Started.Count);
        ReadyUntilNoneStarts(harness);

        Assert.Equal(16, harness.Started.Count);
        Assert.Equal(harness.Started[8..].Select(w => w.Handle).ToHashSet(), [.. harness.Pool]);
        Assert.Single(harness.Lines("reload: 8 workers were replaced"));
    }

    [Fact]
    public void Reload_FirstDoesNotStart_IsGivenUpAndAllServeOn()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 4);
        harness.Fleet.Reload();
        harness.Fail(harness.Last, "SyntaxError");
        harness.Advance(100);

        Assert.Equal(5, harness.Started.Count);
        Assert.Equal(4, harness.Pool.Count);
        Assert.All(harness.Started[..4], worker => Assert.Equal(WorkerState.Ready, worker.State));
        Assert.Single(harness.Lines("given up"), line => line.Contains("SyntaxError", StringComparison.Ordinal));
    }

    [Fact]
    public void Reload_LaterOneDoesNotStart_IsTriedAgain()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);
        harness.Fleet.Reload();
        harness.Ready(harness.Last);
        harness.Fail(harness.Last);
        harness.Advance(1.1);
        ReadyUntilNoneStarts(harness);

        Assert.Single(harness.Lines("reload: 2 workers were replaced"));
        Assert.Equal([1, 1], harness.Fleet.Alive.Where(w => w.State is WorkerState.Ready).Select(w => w.Life.Generation));
    }

    [Fact]
    public void Reload_DuringAReload_FollowsItOnceHoweverOftenItIsAskedFor()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);
        harness.Fleet.Reload();
        harness.Fleet.Reload();
        harness.Fleet.Reload();
        ReadyUntilNoneStarts(harness);

        Assert.Equal(2 + 2 + 2, harness.Started.Count);
        Assert.Equal(2, harness.Lines("were replaced").Count());
    }

    [Fact]
    public void Reload_ForOneThatFailed_FollowsIt()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Fleet.Reload();
        harness.Fleet.Reload();
        harness.Fail(harness.Last);
        harness.Ready(harness.Last);

        Assert.Equal([harness.Started[2].Handle], harness.Pool);
    }

    [Fact]
    public void Reload_OldWorkersHoldStreams_AtMostTwoOfAnIndexDrain()
    {
        using FleetHarness harness = FleetHarness.Running();
        for (int i = 0; i < 3; i++)
        {
            FleetHarness.Open(harness.Last);
            harness.Fleet.Reload();
            if (harness.Last.State is WorkerState.Starting)
            {
                harness.Ready(harness.Last);
            }
        }

        Assert.Equal(3, harness.Started.Count);
        Assert.Equal([harness.Last.Handle], harness.Pool);

        harness.Exit(harness.Started[0]);
        Assert.Equal(4, harness.Started.Count);
    }

    [Fact]
    public void Reload_WorkerWaitsForItsNextStart_IsStartedAtOnce()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);
        harness.Exit(harness.Started[1], 1);
        for (int i = 0; i < 6; i++)
        {
            harness.Advance(4);
            harness.Fail(harness.Last);
        }

        int before = harness.Started.Count;
        harness.Fleet.Reload();
        Assert.Equal([1, 0], harness.Started[before..].Select(w => w.Index));
    }

    [Fact]
    public void Reload_WorkerStillStartsWithTheOldCode_IsReplacedWhenItIsReady()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Exit(harness.Last, 1);
        harness.Advance(0.1);
        harness.Fleet.Reload();
        Assert.Equal(2, harness.Started.Count);

        harness.Ready(harness.Last);
        Assert.Equal(3, harness.Started.Count);
        harness.Ready(harness.Last);
        Assert.Single(harness.Lines("reload: 1 worker was replaced"));
    }

    private static void ReadyUntilNoneStarts(FleetHarness harness)
    {
        while (harness.Started.Find(w => w.State is WorkerState.Starting) is { } worker)
        {
            harness.Ready(worker);
            foreach (Worker old in harness.Started.FindAll(w => w.State is WorkerState.Draining))
            {
                harness.Exit(old);
            }
        }
    }
}
