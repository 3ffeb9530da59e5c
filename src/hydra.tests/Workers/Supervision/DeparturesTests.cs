using Hydra.Tests.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>How workers go.</summary>
public class DeparturesTests
{
    [Fact]
    public void Leave_NoRequests_IsToldAtOnce()
    {
        using var harness = new RosterHarness();
        harness.Departures.Leave(harness.Last, RetireReason.ScaleDown);

        Assert.True(harness.Last.Life.IsTold);
        Assert.Equal(WorkerState.Draining, harness.Last.State);
        Assert.Empty(harness.Pool);
    }

    [Fact]
    public void Leave_Starting_IsEndedAtOnce()
    {
        using var harness = new RosterHarness();
        harness.Roster.WantOneMore();
        Worker starting = harness.StartServing(harness.Roster.Slots[1]);
        harness.Departures.Leave(starting, RetireReason.ScaleDown);

        Assert.Equal(WorkerState.Ending, starting.State);
        Assert.False(starting.Life.IsTold);
    }

    [Theory]
    [InlineData(nameof(RetireReason.LinkLost), true)]
    [InlineData(nameof(RetireReason.BrokeProtocol), false)]
    public void Leave_ReasonThatLeavesNoTime_LosesTheRequestsAndEnds(string reason, bool mayExitByItself)
    {
        using var harness = new RosterHarness();
        FakeStream stream = WorkerHarness.Open(harness.Last);
        harness.Departures.Leave(harness.Last, Enum.Parse<RetireReason>(reason));

        Assert.Equal(["lost LinkLostAlone"], stream.Events);
        Assert.Equal(WorkerState.Ending, harness.Last.State);
        Assert.Equal(mayExitByItself, harness.Last.Life.KillAt is not null);
    }

    [Fact]
    public void OnLinkClosed_TheSecondSaysWhy_IsKnownOnce()
    {
        using var harness = new RosterHarness();
        harness.Departures.OnLinkClosed(harness.Last, null);
        Assert.Equal(RetireReason.LinkLost, harness.Last.Life.Reason);

        harness.Departures.OnLinkClosed(harness.Last, "a rule");
        harness.Departures.OnLinkClosed(harness.Last, "another rule");
        Assert.Equal(RetireReason.BrokeProtocol, harness.Last.Life.Reason);
        Assert.Equal("a rule", Assert.Single(harness.Lines("broke the link protocol")).Split('(', ')')[3]);
    }

    [Fact]
    public void OnLinkClosed_WhileItDrains_ItsOtherLinksAreStillHeard()
    {
        using var harness = new RosterHarness();
        FakeStream stream = WorkerHarness.Open(harness.Last);
        harness.Departures.Leave(harness.Last, RetireReason.ScaleDown);
        harness.Departures.OnLinkClosed(harness.Last, null);

        Assert.Equal(WorkerState.Ending, harness.Last.State);
        Assert.Equal(RetireReason.ScaleDown, harness.Last.Life.Reason);
        harness.Answer(harness.Last, stream);
        Assert.Equal(["response 200 end"], stream.Events);
    }

    [Fact]
    public void Due_EachStep_IsTheSoonestOfWhatComes()
    {
        using var harness = new RosterHarness();
        Worker worker = harness.Last;
        Assert.Null(Departures.Due(worker, TimeSpan.Zero));

        FakeStream stream = WorkerHarness.Open(worker);
        harness.Departures.Leave(worker, RetireReason.ScaleDown);
        Assert.InRange(Departures.Due(worker, TimeSpan.Zero)!.Value, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(0.1));

        harness.Answer(worker, stream);
        harness.Departures.Advance(worker, TimeSpan.Zero);
        Assert.Equal(worker.Life.KillAt, Departures.Due(worker, TimeSpan.Zero));
        Assert.True(worker.Life.KillAt > WorkerHarness.DrainTimeout);
    }
}
