using Hydra.Primitives;
using Hydra.Tests.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>Whether a worker stops before the one that takes its place starts (<see cref="OverlapRule"/>).</summary>
public class OverlapTests
{
    [Fact]
    public void Replace_TwoCannotStartBesideTheOldOne_ItStopsFirst()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        FakeStream stream = FleetHarness.Open(old);
        harness.Fleet.Replace(old, RetireReason.Hung);
        harness.FailBeside(harness.Last);
        Assert.Equal([old.Handle], harness.Pool);
        harness.Advance(1.1);
        harness.FailBeside(harness.Last);

        Assert.Empty(harness.Pool);
        Assert.Equal(WorkerState.Draining, old.State);
        harness.Advance(5);
        Assert.Equal(3, harness.Started.Count);
        harness.Answer(old, stream);
        harness.Advance(0.1);
        harness.Exit(old);
        Assert.Equal(4, harness.Started.Count);
        harness.Ready(harness.Last);
        Assert.Equal([harness.Last.Handle], harness.Pool);

        // It is known from then on.
        old = harness.Last;
        harness.Fleet.Replace(old, RetireReason.Hung);
        Assert.Equal(WorkerState.Draining, old.State);
        harness.Exit(old);
        Assert.Equal(5, harness.Started.Count);
    }

    [Fact]
    public void Replace_OtherFailures_KeepTheOldOne()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        harness.Fleet.Replace(old, RetireReason.Hung);
        for (int i = 0; i < 4; i++)
        {
            harness.Fail(harness.Last);
            harness.Advance(10);
        }

        harness.FailBeside(harness.Last);
        Assert.Equal([old.Handle], harness.Pool);
    }

    [Fact]
    public void Replace_Overlap_KeepsTheOldOneWhateverTheFailure()
    {
        using FleetHarness harness = FleetHarness.Running(replace: ReplaceMode.Overlap);
        Worker old = harness.Last;
        harness.Fleet.Replace(old, RetireReason.Hung);
        for (int i = 0; i < 4; i++)
        {
            harness.FailBeside(harness.Last);
            harness.Advance(10);
        }

        Assert.Equal([old.Handle], harness.Pool);
    }

    [Fact]
    public void Reload_StopFirst_IsOneAfterTheOtherAndCompleteWhenTheLastIsReady()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2, replace: ReplaceMode.StopFirst);
        Worker[] old = [.. harness.Started];
        harness.Fleet.Reload();
        Assert.Equal([old[1].Handle], harness.Pool);
        harness.Exit(old[0]);
        Assert.Equal(3, harness.Started.Count);
        Assert.Equal(WorkerState.Ready, old[1].State);
        harness.Ready(harness.Last);
        Assert.Equal([harness.Last.Handle], harness.Pool);
        Assert.True(harness.Fleet.IsReloading);

        harness.Exit(old[1]);
        harness.Ready(harness.Last);
        Assert.Equal(2, harness.Pool.Count);
        Assert.Single(harness.Lines("2 workers were replaced"));
        Assert.False(harness.Fleet.IsReloading);
    }

    [Fact]
    public void Reload_StopFirstAndTheNewCodeDoesNotStart_TheOthersServeOnAndItIsTriedAgain()
    {
        using FleetHarness harness = FleetHarness.Running(workers: 2, replace: ReplaceMode.StopFirst);
        Worker[] old = [.. harness.Started];
        harness.Fleet.Reload();
        harness.Exit(old[0]);
        for (int i = 0; i < 3; i++)
        {
            harness.Fail(harness.Last);
            harness.Advance(10.1);
        }

        Assert.Equal([old[1].Handle], harness.Pool);
        harness.Ready(harness.Last);
        Assert.Equal(WorkerState.Draining, old[1].State);
    }

    [Fact]
    public void Reload_NewCodeCannotStartBesideTheOld_IsTriedAgainAndThenTheOldStopsFirst()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        harness.Fleet.Reload();
        harness.FailBeside(harness.Last);
        Assert.True(harness.Fleet.IsReloading);
        harness.Advance(1.1);
        harness.FailBeside(harness.Last);
        harness.Exit(old);
        harness.Ready(harness.Last);

        Assert.Equal([harness.Last.Handle], harness.Pool);
        Assert.False(harness.Fleet.IsReloading);
    }

    [Fact]
    public void Reload_NewCodeIsBroken_KeepsTheOld()
    {
        using FleetHarness harness = FleetHarness.Running();
        Worker old = harness.Last;
        harness.Fleet.Reload();
        harness.FailBeside(harness.Last);
        harness.Advance(1.1);
        harness.Fail(harness.Last);

        Assert.Equal([old.Handle], harness.Pool);
        Assert.Single(harness.Lines("given up"));
        Assert.False(harness.Fleet.IsReloading);
    }

    [Fact]
    public void Recycle_ReplacementFails_SaysWhenItIsTriedAgain()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Fleet.Replace(harness.Last, RetireReason.MaxRss);

        // The start takes a second: the next one has to wait for three.
        harness.Advance(1);
        harness.Fail(harness.Last);
        Assert.EndsWith("trying again in 3.0 s", Assert.Single(harness.Lines("trying again")), StringComparison.Ordinal);
        harness.Advance(2.9);
        Assert.Equal(2, harness.Started.Count);
        harness.Advance(0.2);
        Assert.Equal(3, harness.Started.Count);
    }
}
