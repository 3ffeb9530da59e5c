using System.Runtime.InteropServices;
using Hydra.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>The time between the signal to stop and the stop.</summary>
public sealed class ShutdownDelayTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly StopSignals _signals;

    public ShutdownDelayTests() => _signals = new StopSignals(_clock);

    public void Dispose() => _signals.Dispose();

    [Theory]
    [InlineData(PosixSignal.SIGTERM, 5, false, true)]
    [InlineData(PosixSignal.SIGTERM, 0, false, false)]
    [InlineData(PosixSignal.SIGTERM, 5, true, false)]
    [InlineData(PosixSignal.SIGINT, 5, false, false)]
    [InlineData(PosixSignal.SIGQUIT, 5, false, false)]
    public void IsDue_BySignal_OnlyWhereALoadBalancerIsToHear(PosixSignal signal, int seconds, bool isUpgraded, bool expected)
    {
        _signals.Note(signal);

        Assert.Equal(expected, Delay(seconds).IsDue(isUpgraded));
    }

    [Fact]
    public void IsDue_WithoutASignal_IsNot() => Assert.False(Delay(5).IsDue(isUpgraded: false));

    [Fact]
    public async Task WaitAsync_ASecondSignal_CutsItShortAndAThirdForces()
    {
        _signals.Note(PosixSignal.SIGTERM);
        Task<bool> wait = Delay(3600).WaitAsync();
        Assert.False(wait.IsCompleted);
        _clock.Now += StopSignals.Apart;
        _signals.Note(PosixSignal.SIGTERM);
        Assert.False(await wait);

        StopPlan plan = StopPlan.For(_signals, new TaskCompletionSource<int>().Task);
        Assert.False(plan.Force.IsCompleted);
        _clock.Now += StopSignals.Apart;
        _signals.Note(PosixSignal.SIGTERM);
        Assert.True(plan.Force.IsCompleted);
    }

    [Fact]
    public async Task WaitAsync_WhenItIsOver_IsWholeAndTheSecondSignalForces()
    {
        _signals.Note(PosixSignal.SIGTERM);
        Assert.True(await Delay(0).WaitAsync());

        StopPlan plan = StopPlan.For(_signals, new TaskCompletionSource<int>().Task);
        _clock.Now += StopSignals.Apart;
        _signals.Note(PosixSignal.SIGTERM);
        Assert.True(plan.Force.IsCompleted);
    }

    private ShutdownDelay Delay(int seconds) => new(_signals, TimeSpan.FromSeconds(seconds), TimeProvider.System, NullLogger.Instance);
}
