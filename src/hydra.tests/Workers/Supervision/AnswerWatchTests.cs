using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public class AnswerWatchTests
{
    private readonly AnswerWatch _watch = new(patience: 4, pause: 3);

    [Fact]
    public void Look_Again_AsksAfterThePauseAndOnce()
        => Assert.Equal("Wait Wait Ask Wait Wait", Look(null, 5));

    [Fact]
    public void Look_Answered_AsksAgainAfterThePause()
    {
        Look(null, 3);

        Assert.Equal("Wait Wait Wait Ask", Look(Answer(), 4));
    }

    [Fact]
    public void Look_NoAnswer_GivesUpOnce()
    {
        Look(null, 3);

        Assert.Equal("Wait Wait Wait Wait GiveUp Wait Wait", Look(null, 7));
    }

    [Fact]
    public void IsLate_NoAnswerWithinThePause_UntilItComes()
    {
        Look(null, 6);
        Assert.False(_watch.IsLate);
        Look(null, 1);
        Assert.True(_watch.IsLate);
        Look(Answer(), 1);
        Assert.False(_watch.IsLate);
    }

    [Fact]
    public void Look_TheSameAnswerAsBefore_IsNone()
    {
        WorkerProbe answer = Answer();
        Look(null, 3);
        Look(answer, 4);

        Assert.Equal("Wait Wait Wait Wait GiveUp", Look(answer, 5));
    }

    [Theory]
    [InlineData(0, 60_000, 1000, 1)]
    [InlineData(1000, 60_000, 100, 10)]
    [InlineData(30_000, 60_000, 250, 4)]
    [InlineData(1, 60_000, 20, 50)]
    [InlineData(30_000, 0, 250, 4)]
    [InlineData(0, 500, 50, 20)]
    public void Interval_Timeouts_IsATenthWithinBounds(int request, int worker, int interval, int pingEvery)
    {
        var options = new WatchdogOptions
        {
            RequestTimeout = TimeSpan.FromMilliseconds(request),
            WorkerTimeout = TimeSpan.FromMilliseconds(worker),
        };

        Assert.Equal(interval, options.Interval.TotalMilliseconds);
        Assert.Equal(pingEvery, options.PingEvery);
        Assert.True(request == 0 || options.Deadlines.Request * interval >= request);
    }

    [Fact]
    public void Deadlines_Zero_AreNever()
    {
        var options = new WatchdogOptions();

        Assert.False(options.IsUsed);
        Assert.Equal(int.MaxValue - 1, options.Deadlines.Request);
    }

    private string Look(WorkerProbe? answer, int times)
        => string.Join(' ', Enumerable.Range(0, times).Select(_ => _watch.Look(answer)));

    private static WorkerProbe Answer() => new(TimeSpan.Zero);
}
