using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>Workers that do not become ready.</summary>
public class StartLimitTests
{
    [Fact]
    public void Start_TakesTooLong_IsAFailureThatIsTriedAgain()
    {
        using FleetHarness harness = RunningWithOneThatStarts();
        Worker hung = harness.Last;
        harness.Fleet.OnProcessStarted(hung);
        harness.Advance(WorkerHarness.StartTimeout.TotalSeconds - 1);
        Assert.Null(hung.Failure);
        harness.Advance(1.1);
        Assert.Equal(StartLimit.Describe(WorkerHarness.StartTimeout), hung.Failure?.Message);
        Assert.Single(harness.Lines("is killed: it has not become ready within 60 s"));

        harness.Exit(hung, 128 + 9);
        Assert.Single(harness.Lines("could not start: it has not become ready"));
        harness.Advance(1);
        Assert.NotEqual(hung, harness.Last);
    }

    [Fact]
    public void Start_SomebodyDebugsIt_HasAllTheTimeUntilThatIsOver()
    {
        using FleetHarness harness = RunningWithOneThatStarts();
        harness.Fleet.OnProcessStarted(harness.Last);
        ((IControlSink)harness.Last.Links).OnPong(new WorkerProbe(TimeSpan.Zero, IsDebugged: true));
        harness.Advance(WorkerHarness.StartTimeout.TotalSeconds * 2);
        Assert.Null(harness.Last.Failure);

        ((IControlSink)harness.Last.Links).OnPong(new WorkerProbe(TimeSpan.Zero));
        harness.Advance(1.1);
        Assert.Equal(StartLimit.Describe(WorkerHarness.StartTimeout), harness.Last.Failure?.Message);
    }

    [Fact]
    public void Start_TakesFiveSeconds_SaysSoOnce()
    {
        using FleetHarness harness = RunningWithOneThatStarts();
        harness.Fleet.OnProcessStarted(harness.Last);
        harness.Advance(4.9);
        Assert.Empty(harness.Lines("has been loading the application"));
        harness.Advance(0.2);
        harness.Advance(5);

        Assert.Single(harness.Lines("has been loading the application for 5 s"));
    }

    [Fact]
    public void Start_ProcessIsNotThereYet_IsNotCounted()
    {
        using FleetHarness harness = RunningWithOneThatStarts();
        harness.Advance(WorkerHarness.StartTimeout.TotalSeconds * 2);

        Assert.Null(harness.Last.Failure);
    }

    [Fact]
    public void Reload_ReplacementHangsInItsStart_IsStartedAnew()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Fleet.Reload();
        Worker hung = harness.Last;
        harness.Advance(3);
        harness.Fleet.Reload();
        Assert.Equal(WorkerState.Ending, hung.State);
        Assert.Equal(3, harness.Started.Count);

        harness.Exit(hung, 128 + 9);
        harness.Ready(harness.Last);
        Assert.Equal([harness.Last.Handle], harness.Pool);
        Assert.Empty(harness.Lines("given up"));
    }

    [Fact]
    public void Reload_OnlyWorkerHangsInItsStart_IsStartedAnew()
    {
        using FleetHarness harness = RunningWithOneThatStarts();
        Worker hung = harness.Last;
        harness.Advance(3);
        harness.Fleet.Reload();
        Assert.Equal(WorkerState.Ending, hung.State);
        Assert.NotEqual(hung, harness.Last);

        harness.Exit(hung, 128 + 9);
        harness.Ready(harness.Last);
        Assert.Equal([harness.Last.Handle], harness.Pool);
    }

    [Fact]
    public void Reload_ReplacementHasJustStarted_IsFollowedByAnother()
    {
        using FleetHarness harness = FleetHarness.Running();
        harness.Fleet.Reload();
        harness.Advance(1);
        harness.Fleet.Reload();

        Assert.Equal(2, harness.Started.Count);
        Assert.Equal(WorkerState.Starting, harness.Last.State);
    }

    private static FleetHarness RunningWithOneThatStarts()
    {
        FleetHarness harness = FleetHarness.Running();
        harness.Exit(harness.Last, 1);
        harness.Advance(0.2);
        Assert.Equal(2, harness.Started.Count);
        return harness;
    }
}
