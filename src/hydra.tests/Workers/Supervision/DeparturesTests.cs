using Hydra.Tests.Workers.Links;
using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>How workers go.</summary>
public class DeparturesTests
{
    // What a worker has beyond its requests and sessions.
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(10);

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

    [Fact]
    public void Leave_HungAndSilent_IsKilledAtOnce()
    {
        using var harness = new RosterHarness();
        FakeStream stream = WorkerHarness.Open(harness.Last);
        harness.Last.Handle.IsSilent = true;
        harness.Departures.Leave(harness.Last, RetireReason.Hung);

        Assert.Equal(WorkerState.Ending, harness.Last.State);
        Assert.Empty(harness.Pool);
        Assert.Single(harness.Lines("was killed"));
        Assert.Empty(stream.Events);
    }

    [Theory]
    [InlineData(nameof(RetireReason.Hung))]
    [InlineData(nameof(RetireReason.Stop))]
    [InlineData(nameof(RetireReason.Reload))]
    public void Leave_NothingLeftButWhatHangs_IsToldAtOnceAndHasLittleTime(string reason)
    {
        using var harness = new RosterHarness();
        WorkerHarness.Open(harness.Last);
        WorkerHarness.TimeOut(harness.Last);
        Assert.Equal((1, 0), (harness.Last.Handle.InFlight, harness.Last.Links.ToFinish));
        harness.Departures.Leave(harness.Last, Enum.Parse<RetireReason>(reason));

        Assert.True(harness.Last.Life.IsTold);
        Assert.True(harness.Last.Life.KillAt < ShutdownTime);
        Assert.Empty(harness.Lines("cut off"));
    }

    [Fact]
    public void Leave_HungBesideOtherRequests_FinishesThem()
    {
        using var harness = new RosterHarness(threads: 4);
        WorkerHarness.Open(harness.Last);
        WorkerHarness.TimeOut(harness.Last);
        FakeStream stream = WorkerHarness.Open(harness.Last);
        harness.Departures.Leave(harness.Last, RetireReason.Hung);
        Assert.False(harness.Last.Life.IsTold);
        harness.Answer(harness.Last, stream);
        harness.Departures.Advance(harness.Last, harness.Clock.Now);

        Assert.True(harness.Last.Life.IsTold);
        Assert.True(harness.Last.Life.KillAt < ShutdownTime);
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
    public void OnGoodbye_TimeIsLeft_TheProcessHasItForItsEnd()
    {
        using var harness = new RosterHarness();
        harness.Departures.Leave(harness.Last, RetireReason.MaxRequests);
        harness.Departures.OnGoodbye(harness.Last);

        Assert.Equal(WorkerHarness.DrainTimeout, harness.Last.Life.KillAt);
    }

    [Fact]
    public void OnGoodbye_NoTimeIsLeft_TheProcessHasALittle()
    {
        using var harness = new RosterHarness();
        harness.Departures.Leave(harness.Last, RetireReason.MaxRequests);
        harness.Clock.Now = WorkerHarness.DrainTimeout;
        harness.Departures.OnGoodbye(harness.Last);

        Assert.Equal(WorkerHarness.DrainTimeout + WorkerProcess.ExitTime, harness.Last.Life.KillAt);
    }

    [Fact]
    public void Advance_ProcessDoesNotEnd_IsAskedWhatItWaitsForBeforeItIsKilled()
    {
        using var harness = new RosterHarness();
        Worker worker = harness.Last;
        harness.Departures.Leave(worker, RetireReason.MaxRequests);
        harness.Departures.OnGoodbye(worker);
        TimeSpan asked = Departures.Due(worker, TimeSpan.Zero)!.Value;
        Assert.True(asked < worker.Life.KillAt);
        harness.Departures.Advance(worker, asked - TimeSpan.FromTicks(1));
        Assert.Empty(harness.Lines("does not end"));

        harness.Departures.Advance(worker, asked);
        harness.Departures.Advance(worker, asked);
        Assert.Single(harness.Lines("does not end"));
        Assert.Equal(worker.Life.KillAt, Departures.Due(worker, asked));
    }

    [Fact]
    public void Advance_StreamsStayWithOneThatDrains_AreToldAfterTheirGraceAndAgainUntilItIsToldToEnd()
    {
        using var harness = new RosterHarness();
        Worker worker = harness.Last;
        FakeStream stream = WorkerHarness.Open(worker);
        harness.Departures.Leave(worker, RetireReason.Reload);
        Assert.Equal(WorkerHarness.DrainTimeout / 3, worker.Life.PartAt);

        TimeSpan told = worker.Life.PartAt!.Value;
        harness.Departures.Advance(worker, told);
        Assert.InRange(worker.Life.PartAt!.Value, told + TimeSpan.FromTicks(1), WorkerHarness.DrainTimeout);
        Assert.False(worker.Life.IsTold);

        harness.Answer(worker, stream);
        harness.Departures.Advance(worker, told);
        Assert.True(worker.Life.IsTold);
        Assert.Null(worker.Life.PartAt);
    }

    [Fact]
    public void Part_WorkerServes_IsToldWhileItServesOn()
    {
        using var harness = new RosterHarness();
        harness.Departures.Part(harness.Last, TimeSpan.FromSeconds(20));

        Assert.NotNull(harness.Last.Life.PartAt);
        Assert.Equal(WorkerState.Ready, harness.Last.State);
    }

    [Fact]
    public void Part_WorkerStarts_HasNothingToTell()
    {
        using var harness = new RosterHarness();
        harness.Roster.WantOneMore();
        Worker starting = harness.StartServing(harness.Roster.Slots[1]);
        harness.Departures.Part(starting, TimeSpan.FromSeconds(20));

        Assert.Null(starting.Life.PartAt);
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

    [Theory]
    [InlineData(null)]
    [InlineData(5.0)]
    [InlineData(3600.0)]
    public void Leave_OnlySessions_IsToldAtOnceAndTheyHaveTheirOwnTime(double? seconds)
    {
        TimeSpan? limit = seconds is { } given ? TimeSpan.FromSeconds(given) : null;
        using var harness = new RosterHarness(sessions: limit);
        WorkerHarness.OpenSession(harness.Last);
        harness.Departures.Leave(harness.Last, RetireReason.ScaleDown);

        Assert.True(harness.Last.Life.IsTold);
        Assert.Equal((limit ?? WorkerHarness.DrainTimeout) + ShutdownTime, harness.Last.Life.KillAt);
        Assert.Empty(harness.Lines("cut off"));
    }

    [Fact]
    public void Advance_LastRequestHasEnded_SessionsHaveWhatIsLeftOfTheirTime()
    {
        using var harness = new RosterHarness(sessions: TimeSpan.FromSeconds(60));
        WorkerHarness.OpenSession(harness.Last);
        FakeStream request = WorkerHarness.Open(harness.Last);
        harness.Departures.Leave(harness.Last, RetireReason.ScaleDown);
        Assert.False(harness.Last.Life.IsTold);

        harness.Clock.Now = TimeSpan.FromSeconds(20);
        harness.Answer(harness.Last, request);
        harness.Departures.Advance(harness.Last, harness.Clock.Now);
        Assert.True(harness.Last.Life.IsTold);
        Assert.Equal(TimeSpan.FromSeconds(60) + ShutdownTime, harness.Last.Life.KillAt);
    }

    [Fact]
    public void Advance_RequestBecomesASessionWhileItDrains_IsTold()
    {
        using var harness = new RosterHarness();
        FakeStream request = WorkerHarness.Open(harness.Last);
        harness.Departures.Leave(harness.Last, RetireReason.ScaleDown);
        harness.Last.Handle.LinkFor(0).BecomeSession(request.Id);
        harness.Departures.Advance(harness.Last, TimeSpan.FromSeconds(1));

        Assert.True(harness.Last.Life.IsTold);
    }

    [Fact]
    public void Stop_Sessions_HaveTheGraceOfTheServer()
    {
        using var harness = new RosterHarness(sessions: TimeSpan.FromHours(1));
        WorkerHarness.OpenSession(harness.Last);
        harness.Departures.Stop(harness.Last, TimeSpan.FromSeconds(3));

        Assert.Equal(TimeSpan.FromSeconds(3) + ShutdownTime, harness.Last.Life.KillAt);
    }
}
