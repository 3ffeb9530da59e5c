using Hydra.Dispatch;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class QueueClockTests
{
    [Theory]
    [InlineData(0, 250)]
    [InlineData(0.1, 10)]
    [InlineData(2, 100)]
    [InlineData(30, 250)]
    public void PeriodOf_Timeout_IsATwentiethWithinBounds(double timeout, int expected)
        => Assert.Equal(TimeSpan.FromMilliseconds(expected), QueueClock.PeriodOf(TimeSpan.FromSeconds(timeout), QueueClock.LongestPeriod));

    [Fact]
    public void Microseconds_LessThanAMillisecond_IsNoWait()
    {
        var clock = new QueueClock(new ManualTime());

        Assert.Equal((0u, 1000u), (clock.Microseconds(clock.Ticks(TimeSpan.FromMicroseconds(999))), clock.Microseconds(clock.Ticks(1000u))));
        Assert.Equal(TimeSpan.FromHours(1), clock.Between(0, clock.Now));
        Assert.Equal(3600, clock.Seconds(clock.Now));
    }
}
