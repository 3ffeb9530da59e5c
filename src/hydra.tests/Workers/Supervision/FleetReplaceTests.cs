using Hydra.Tests.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>Replacement of single workers, and what follows a worker's end.</summary>
public class FleetReplaceTests
{
    [Fact]
    public void Replace_Worker_ServesUntilTheNewOneIsReadyAndThenDrains()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;

        harness.Fleet.Replace(old, RetireReason.Hung);
        Worker next = harness.Last;
        Assert.NotSame(old, next);
        Assert.Equal(WorkerState.Retiring, old.State);
        Assert.Equal([old.Handle], harness.Pool);

        harness.Ready(next);
        Assert.Equal([next.Handle], harness.Pool);
        Assert.Equal(WorkerState.Draining, old.State);
        Assert.True(old.Life.IsTold);
        harness.Exit(old);
        Assert.Equal([next], harness.Fleet.Alive);
    }

    [Fact]
    public void Replace_OldHasRequests_IsToldToEndWhenTheLastIsAnswered()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        FakeStream stream = FleetHarness.Open(old);
        harness.Fleet.Replace(old, RetireReason.Hung);
        harness.Ready(harness.Last);

        harness.Advance(10);
        Assert.False(old.Life.IsTold);
        Assert.False(old.Handle.LinkFor(0).TryOpen(new FakeStream()));

        harness.Answer(old, stream);
        harness.Advance(0.1);
        Assert.Equal(["response 200 end"], stream.Events);
        Assert.True(old.Life.IsTold);
    }

    [Fact]
    public void Replace_OldDoesNotFinish_IsToldAfterTheDrainTimeoutAndKilledLater()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        FleetHarness.Open(old);
        harness.Fleet.Replace(old, RetireReason.Hung);
        harness.Ready(harness.Last);

        harness.Advance(FleetHarness.DrainTimeout.TotalSeconds + 0.1);
        Assert.True(old.Life.IsTold);
        Assert.Single(harness.Lines("1 request is cut off"));
        Assert.Equal(WorkerState.Draining, old.State);

        harness.Advance(11);
        Assert.Equal(WorkerState.Ending, old.State);
        Assert.Single(harness.Lines("was killed"));
    }

    [Fact]
    public void Replace_ReplacementFails_OldServesOnAndItIsTriedAgain()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        harness.Fleet.Replace(old, RetireReason.Hung);
        harness.Fail(harness.Last, "it is broken");

        Assert.Equal([old.Handle], harness.Pool);
        Assert.Single(harness.Lines("it is broken"));
        Assert.Equal(2, harness.Started.Count);
        harness.Advance(1.1);
        Assert.Equal(3, harness.Started.Count);
        harness.Ready(harness.Last);
        Assert.Equal([harness.Last.Handle], harness.Pool);
    }

    [Fact]
    public void Replace_OldDiesMeanwhile_TheReplacementTakesItsPlace()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Fleet.Replace(harness.Last, RetireReason.Hung);
        harness.Exit(harness.Started[0], 137);

        Assert.Empty(harness.Pool);
        Assert.Equal(2, harness.Started.Count);
        harness.Ready(harness.Last);
        Assert.Equal([harness.Last.Handle], harness.Pool);
        harness.Advance(60);
        Assert.Equal(2, harness.Started.Count);
    }

    [Fact]
    public void Replace_AskedTwiceOrForOneThatGoes_StartsOneReplacement()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        harness.Fleet.Replace(old, RetireReason.MaxRss);
        harness.Fleet.Replace(old, RetireReason.Hung);
        Assert.Equal(2, harness.Started.Count);

        harness.Ready(harness.Last);
        harness.Fleet.Replace(old, RetireReason.Hung);
        Assert.Equal(2, harness.Started.Count);
    }

    [Fact]
    public void Exited_AfterAHealthyLife_IsStartedAgainAtOnce()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);
        harness.Advance(20);
        harness.Exit(harness.Started[1], 1);
        harness.Advance(0.01);

        Assert.Equal(3, harness.Started.Count);
        Assert.Equal(1, harness.Last.Index);
    }

    [Fact]
    public void Exited_CannotStartAnyMore_OthersServeAndPausesGrow()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);
        harness.Exit(harness.Started[1], 1);
        for (int i = 0; i < 4; i++)
        {
            harness.Advance(0.9);
            harness.Fail(harness.Last);
        }

        Assert.Equal([harness.Started[0].Handle], harness.Pool);
        Assert.Equal(["0.1", "0.2", "0.4", "0.8"], harness.Lines("could not start").Select(l => l.Split("again in ")[1][..3]));
    }

    [Fact]
    public async Task Exited_BeforeTheFirstStartIsComplete_EndsTheStart()
    {
        using var harness = new FleetHarness(workers: 2);
        harness.Ready(harness.Started[0]);
        harness.Fail(harness.Started[1], "no such module");

        Assert.Equal("no such module", (await harness.Fleet.Started).Failure?.Message);
        harness.Advance(60);
        Assert.Equal(2, harness.Started.Count);
    }

    [Fact]
    public void Stop_Workers_AreToldAndItCompletesWhenAllHaveEnded()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2);
        harness.Fleet.Replace(harness.Started[0], RetireReason.Hung);
        harness.Fleet.Stop(TimeSpan.FromSeconds(1));

        Assert.Empty(harness.Pool);
        Assert.Equal([WorkerState.Draining, WorkerState.Draining, WorkerState.Ending], harness.Started.Select(w => w.State));
        harness.Started.ForEach(worker => harness.Exit(worker));
        Assert.True(harness.Fleet.AllStopped.IsCompleted);
        Assert.Equal(3, harness.Started.Count);
    }

    [Fact]
    public async Task Start_SeveralFailAtOnce_TheFirstSaysWhyAndNoneIsTriedAgain()
    {
        using var harness = new FleetHarness(workers: 2);
        harness.Fail(harness.Started[0], "the first");
        harness.Fail(harness.Started[1], "the second");
        harness.Advance(20);

        Assert.Equal("the first", (await harness.Fleet.Started).Failure?.Message);
        Assert.Equal(2, harness.Started.Count);
        Assert.Empty(harness.Lines("could not start"));
    }
    [Fact]
    public void Quieten_WorkerThatIsReplaced_GetsNoMoreRequestsAndIsQuietWhenItHasFinished()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        FakeStream stream = FleetHarness.Open(old);
        int quiet = 0;
        harness.Fleet.Replace(old, RetireReason.Asked);
        Worker next = harness.Last;

        harness.Fleet.Quieten(old.Handle.Id, () => quiet++);
        Assert.Empty(harness.Pool);
        harness.Advance(1);
        Assert.Equal(0, quiet);
        harness.Answer(old, stream);
        harness.Advance(0.1);
        Assert.Equal(1, quiet);
        Assert.Empty(harness.Pool);

        harness.Ready(next);
        Assert.Equal([next.Handle], harness.Pool);
        Assert.Equal(WorkerState.Draining, old.State);
        Assert.Equal(1, quiet);
    }

    [Fact]
    public void Quieten_WorkerWhoseReplacementFails_ServesAgain()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        int quiet = 0;
        harness.Fleet.Replace(old, RetireReason.Asked);
        harness.Fleet.Quieten(old.Handle.Id, () => quiet++);
        Assert.Equal(1, quiet);

        harness.Fail(harness.Last);
        harness.Advance(0.1);
        Assert.Equal([old.Handle], harness.Pool);
    }

    [Fact]
    public void Quieten_WorkerThatDoesNotFinish_IsQuietAfterTheDrainTimeout()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        FleetHarness.Open(old);
        int quiet = 0;
        harness.Fleet.Replace(old, RetireReason.Asked);
        harness.Fleet.Quieten(old.Handle.Id, () => quiet++);

        harness.Advance(FleetHarness.DrainTimeout.TotalSeconds - 0.1);
        Assert.Equal(0, quiet);
        harness.Advance(0.2);
        Assert.Equal(1, quiet);
    }

    [Fact]
    public void Quieten_WorkerThatNothingReplaces_ServesOn()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker worker = harness.Last;
        int quiet = 0;

        harness.Fleet.Quieten(worker.Handle.Id, () => quiet++);
        harness.Fleet.Quieten(worker.Handle.Id + 1000, () => quiet++);
        Assert.Equal(2, quiet);
        Assert.Equal([worker.Handle], harness.Pool);
    }
}
