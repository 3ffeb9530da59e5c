using System.Runtime.InteropServices;
using Hydra.Hosting;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>Which signals are one wish to stop, and which are two.</summary>
public class StopSignalsTests
{
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(0)]
    [InlineData(0.499)]
    public void Note_SecondSoonAfterTheFirst_IsTheSameWish(double seconds)
    {
        using var signals = new StopSignals(_clock);
        signals.Note(PosixSignal.SIGINT);
        _clock.Now += TimeSpan.FromSeconds(seconds);
        signals.Note(PosixSignal.SIGTERM);

        Assert.True(signals.First.IsCompletedSuccessfully);
        Assert.False(signals.Second.IsCompleted);
    }

    [Fact]
    public void Note_AnotherLater_IsASecondWish()
    {
        using var signals = new StopSignals(_clock);
        signals.Note(PosixSignal.SIGTERM);
        signals.Note(PosixSignal.SIGTERM);
        _clock.Now += StopSignals.Apart;
        signals.Note(PosixSignal.SIGTERM);

        Assert.True(signals.Second.IsCompletedSuccessfully);
    }
}
