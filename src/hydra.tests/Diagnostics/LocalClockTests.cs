using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class LocalClockTests
{
    [Fact]
    public void ToLocal_AcrossTheEndOfSummerTime_FollowsTheZone()
    {
        var clock = new LocalClock(new SummerTime());
        DateTimeOffset change = new(2026, 10, 25, 1, 0, 0, TimeSpan.Zero);

        Assert.Equal((new DateTime(2026, 10, 25, 2, 59, 59), 2), Wall(change.AddSeconds(-1)));
        Assert.Equal((new DateTime(2026, 10, 25, 2, 0, 0), 1), Wall(change));
        Assert.Equal((new DateTime(2026, 10, 25, 2, 59, 59), 2), Wall(change.AddSeconds(-1)));

        (DateTime, int) Wall(DateTimeOffset instant)
        {
            DateTimeOffset local = clock.ToLocal(instant);
            return (local.DateTime, (int)local.Offset.TotalHours);
        }
    }

    // One hour east, and one more from the last Sunday in March to the last in October.
    private sealed class SummerTime : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone(
            "test", TimeSpan.FromHours(1), "test", "test", "summer",
            [
                TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                    DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                    TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
                    TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
            ]);
    }
}
