using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>How many workers there are, and how old they get.</summary>
public class FleetScaleTests
{
    [Fact]
    public void Grow_UpToTheMost_AddsTheNextIndex()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);
        harness.Fleet.Grow();
        harness.Fleet.Grow();
        harness.Fleet.Grow();

        Assert.Equal([0, 1, 2, 3], harness.Started.Select(w => w.Index));
        Assert.Single(harness.Lines("as many as there may be"));
    }

    [Fact]
    public void Shrink_DownToOne_DrainsTheHighestIndexAndReplacesNone()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 3);
        FleetHarness.Open(harness.Started[2]);
        harness.Fleet.Shrink();
        harness.Fleet.Shrink();
        harness.Fleet.Shrink();

        Assert.Equal([harness.Started[0].Handle], harness.Pool);
        Assert.Equal([2, 1], harness.Dismissed);
        Assert.Equal([false, true, false], harness.Started.Select(w => w.Life.IsTold));
        harness.Exit(harness.Started[1]);
        harness.Advance(60);
        Assert.Equal(3, harness.Started.Count);
    }

    [Fact]
    public void Shrink_WorkerThatStarts_IsEndedAndItsIndexUsedAgain()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Fleet.Grow();
        harness.Fleet.Shrink();
        Assert.Equal(WorkerState.Ending, harness.Last.State);
        harness.Exit(harness.Last, 137);

        harness.Fleet.Grow();
        Assert.Equal(1, harness.Last.Index);
        Assert.Equal(3, harness.Started.Count);
    }

    [Fact]
    public void Scale_RequestsWait_AddsWorkersUpToTheMostAndRemovesThemLater()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 1, maximum: 3);
        harness.Figures = new QueueFigures(10, TimeSpan.FromMilliseconds(50));
        for (int i = 0; i < 4; i++)
        {
            harness.Advance(5);
            if (harness.Last.State is WorkerState.Starting)
            {
                harness.Ready(harness.Last);
            }
        }

        Assert.Equal(3, harness.Pool.Count);
        Assert.Equal(2, harness.Lines("requests wait 50 ms: adding a worker").Count());
        harness.Figures = default;
        harness.Advance(100);
        Assert.Equal([harness.Started[0].Handle], harness.Pool);
    }

    [Fact]
    public void Recycle_MaxRequests_ReplacesOneAtATimeWithinItsShareOfTime()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2, recycle: new RecycleOptions { MaxRequests = 3 });
        Worker[] first = [.. harness.Started];
        foreach (Worker worker in first)
        {
            for (int i = 0; i < 3; i++)
            {
                harness.Answer(worker, FleetHarness.Open(worker));
            }
        }

        harness.Advance(0.2);
        Assert.Equal(3, harness.Started.Count);
        harness.Advance(0.8);
        harness.Ready(harness.Last);
        Assert.Single(harness.Lines("it was given 3 requests, its limit is 3"));

        // Its start took a second or a little less: the next one comes nine times as long after that.
        harness.Advance(7);
        Assert.Equal(3, harness.Started.Count);
        harness.Advance(3);
        Assert.Equal(4, harness.Started.Count);
        Assert.Equal([0, 1], harness.Started[2..].Select(w => w.Index));
    }

    [Fact]
    public void Recycle_MaxLifetime_ReplacesWorkersAtDifferentAgesNotBeyondIt()
    {
        using FleetHarness harness = FleetHarness.Running(
            workers: 4, recycle: new RecycleOptions { MaxLifetime = TimeSpan.FromHours(1) });
        harness.Advance(3600 * 0.89);
        Assert.Equal(4, harness.Started.Count);

        TimeSpan[] limits = [.. harness.Started.Select(w => w.Life.Limits!.Lifetime!.Value)];
        Assert.All(limits, limit => Assert.InRange(limit, TimeSpan.FromHours(0.9), TimeSpan.FromHours(1)));
        Assert.Equal(4, limits.Distinct().Count());
        for (int i = 0; i < 4; i++)
        {
            harness.Advance(3600 * 0.03);
            if (harness.Last.State is WorkerState.Starting)
            {
                harness.Ready(harness.Last);
            }
        }

        Assert.True(harness.Started.Count > 4);
    }
}
