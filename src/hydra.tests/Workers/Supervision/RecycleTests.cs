using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public class RecycleTests
{
    [Fact]
    public void Draw_RequestsWithJitter_AreWithinTheBoundsAndDiffer()
    {
        var options = new RecycleOptions { MaxRequests = 100, RequestsJitter = 50 };
        long[] drawn = [.. Enumerable.Range(0, 200).Select(_ => WearLimits.Draw(options, Random.Shared)!.Requests!.Value)];

        Assert.All(drawn, limit => Assert.InRange(limit, 100, 150));
        Assert.True(drawn.Distinct().Count() > 10);
    }

    [Fact]
    public void Draw_NoLimits_GivesNone() => Assert.Null(WearLimits.Draw(new RecycleOptions(), Random.Shared));

    [Fact]
    public void Throttle_AfterAStart_WaitsForItsShareOfTime()
    {
        var throttle = new RecycleThrottle();
        Assert.True(throttle.Allows(RetireReason.MaxRequests, TimeSpan.Zero));
        throttle.OnEnded(TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(2));

        Assert.False(throttle.Allows(RetireReason.MaxRequests, TimeSpan.FromSeconds(117.9)));
        Assert.True(throttle.Allows(RetireReason.MaxRequests, TimeSpan.FromSeconds(118.1)));
        Assert.False(throttle.Allows(RetireReason.MaxRss, TimeSpan.FromSeconds(105.9)));
        Assert.True(throttle.Allows(RetireReason.MaxRss, TimeSpan.FromSeconds(106.1)));
    }

    [Fact]
    public void Rules_EachReason_HasItsRow()
        => Assert.Equal(Enum.GetValues<RetireReason>(), RetireRules.All.Select(rule => rule.Reason));
}
