using System.Runtime.InteropServices;
using Hydra.Hosting;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>How the server stops, by what ends it.</summary>
public sealed class StopPlanTests : IDisposable
{
    private static readonly Task<int> NotUpgraded = new TaskCompletionSource<int>().Task;

    private readonly ManualClock _clock = new();
    private readonly StopSignals _signals;

    public StopPlanTests() => _signals = new StopSignals(_clock);

    public void Dispose() => _signals.Dispose();

    [Theory]
    [InlineData(PosixSignal.SIGINT, 0)]
    [InlineData(PosixSignal.SIGTERM, 0.5)]
    [InlineData(PosixSignal.SIGQUIT, 0.5)]
    public void For_Signal_HurriesOnlyWhereAPersonWaits(PosixSignal signal, double quiet)
    {
        _signals.Note(signal);

        StopPlan plan = StopPlan.For(_signals, NotUpgraded);

        Assert.Equal((signal.ToString(), TimeSpan.FromSeconds(quiet), signal is PosixSignal.SIGINT), (plan.Reason, plan.Quiet, plan.IsInterrupt));
        Assert.Null(plan.Successor);
    }

    [Fact]
    public void For_Signal_IsForcedByTheSecond()
    {
        _signals.Note(PosixSignal.SIGTERM);
        StopPlan plan = StopPlan.For(_signals, NotUpgraded);

        Assert.False(plan.Force.IsCompleted);
        _clock.Now += StopSignals.Apart;
        _signals.Note(PosixSignal.SIGTERM);

        Assert.True(plan.Force.IsCompleted);
    }

    [Fact]
    public void For_Upgrade_GivesClientsTimeToMove()
    {
        StopPlan plan = StopPlan.For(_signals, Task.FromResult(4711));

        Assert.Equal(("upgraded", TimeSpan.FromSeconds(2), 4711), (plan.Reason, plan.Quiet, plan.Successor));
    }

    [Fact]
    public void For_Upgrade_IsForcedByTheFirstSignal()
    {
        StopPlan plan = StopPlan.For(_signals, Task.FromResult(4711));

        Assert.False(plan.Force.IsCompleted);
        _signals.Note(PosixSignal.SIGTERM);

        Assert.True(plan.Force.IsCompleted);
    }

    [Fact]
    public void For_SignalAndUpgradeTogether_IsAnUpgradeThatTheSecondSignalForces()
    {
        _signals.Note(PosixSignal.SIGTERM);

        StopPlan plan = StopPlan.For(_signals, Task.FromResult(4711));

        Assert.Equal(4711, plan.Successor);
        Assert.False(plan.Force.IsCompleted);
    }
}
