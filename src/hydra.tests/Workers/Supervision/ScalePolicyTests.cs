using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public class ScalePolicyTests
{
    private readonly ScalePolicy _policy = new(new ScaleOptions { Minimum = 1, Maximum = 4 });
    private TimeSpan _now = TimeSpan.FromMinutes(1);
    private int _workers = 2;

    [Fact]
    public void Decide_ShortPeak_ChangesNothing()
        => Assert.Equal(ScaleDecision.None, Look(seconds: 0.4, delay: 100));

    [Fact]
    public void Decide_LastingDelay_Grows() => Assert.Equal(ScaleDecision.Grow, Look(seconds: 0.6, delay: 25));

    [Fact]
    public void Decide_AtTheMost_ChangesNothing()
    {
        _workers = 4;

        Assert.Equal(ScaleDecision.None, Look(seconds: 60, delay: 100));
    }

    [Fact]
    public void Decide_WhileAWorkerStartsAndSettles_ChangesNothing()
    {
        Assert.Equal(ScaleDecision.None, Look(seconds: 10, delay: 100, isStarting: true));
        Assert.Equal(ScaleDecision.None, Look(seconds: 1.3, delay: 100));
        Assert.Equal(ScaleDecision.Grow, Look(seconds: 0.3, delay: 100));
    }

    [Fact]
    public void Decide_NoDelayForLong_ShrinksDownToTheFewest()
    {
        Look(seconds: 0.1, delay: 25);

        Assert.Equal(ScaleDecision.None, Look(seconds: 29, delay: 0));
        Assert.Equal(ScaleDecision.Shrink, Look(seconds: 2, delay: 0));
        _workers = 1;
        Assert.Equal(ScaleDecision.None, Look(seconds: 600, delay: 0));
    }

    [Fact]
    public void Decide_DelayBetweenTheBounds_ChangesNothing() => Assert.Equal(ScaleDecision.None, Look(seconds: 600, delay: 5));

    [Fact]
    public void Decide_ThreadsInUseThatFewerWorkersLack_KeepsThem()
    {
        Assert.Equal(ScaleDecision.None, Look(seconds: 600, delay: 0, inFlight: 9, capacity: 10));
        Assert.Equal(ScaleDecision.Shrink, Look(seconds: 31, delay: 0, inFlight: 8, capacity: 10));
    }

    [Fact]
    public void Decide_MissedSoonAfterItWent_WaitsTwiceAsLongTheNextTime()
    {
        Assert.Equal(ScaleDecision.Shrink, Look(seconds: 31, delay: 0));
        Assert.Equal(ScaleDecision.Grow, Look(seconds: 1, delay: 100));
        Assert.Equal(TimeSpan.FromSeconds(60), _policy.Idle);
        Assert.Equal(ScaleDecision.Shrink, Look(seconds: 61, delay: 0));
        Look(seconds: 200, delay: 5);
        Assert.Equal(ScaleDecision.Grow, Look(seconds: 1, delay: 100));
        Assert.Equal(TimeSpan.FromSeconds(30), _policy.Idle);
    }

    // Looks each 100 ms until something is decided.
    private ScaleDecision Look(double seconds, double delay, bool isStarting = false, int inFlight = 0, int capacity = 0)
    {
        for (TimeSpan end = _now + TimeSpan.FromSeconds(seconds); _now <= end; _now += TimeSpan.FromMilliseconds(100))
        {
            ScaleDecision decision = _policy.Decide(
                new ScaleSample(_now, _workers, isStarting, TimeSpan.FromMilliseconds(delay), inFlight, capacity));
            if (decision is not ScaleDecision.None)
            {
                return decision;
            }
        }

        return ScaleDecision.None;
    }
}
