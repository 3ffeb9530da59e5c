using Hydra.Dispatch;
using Xunit;

namespace Hydra.Tests.Dispatch;

public class ServiceRateTests
{
    private readonly ServiceRate _rate = new();

    [Fact]
    public void RetryAfter_NothingMeasuredYet_IsTheShortest()
    {
        _rate.Restart(100);
        Assert.Equal(1, _rate.RetryAfter(1000, 100.1));
    }

    [Fact]
    public void RetryAfter_NothingServed_IsTheLongest()
    {
        _rate.Restart(100);
        Assert.Equal(60, _rate.RetryAfter(1, 101));
    }

    [Theory]
    [InlineData(100, 10)]
    [InlineData(101, 11)]
    [InlineData(5, 1)]
    [InlineData(0, 1)]
    [InlineData(100_000, 60)]
    public void RetryAfter_TenASecond_IsTheQueuesTimeRoundedUpWithinBounds(int waiting, int seconds)
    {
        _rate.Restart(0);
        _rate.Add(20);
        Assert.Equal(seconds, _rate.RetryAfter(waiting, 2));
    }

    [Fact]
    public void RetryAfter_RateHasChanged_IsThatOfTheLastSeconds()
    {
        double now = 0;
        _rate.Restart(now);
        Serve(each: 50, seconds: 20);
        Serve(each: 2, seconds: 20);

        // Eight a second.
        Assert.Equal(10, _rate.RetryAfter(80, now));

        void Serve(int each, double seconds)
        {
            for (double end = now + seconds; now < end; now += 0.25)
            {
                _rate.Add(each);
                _rate.Sample(now + 0.25);
            }
        }
    }

    [Fact]
    public void Restart_AfterAQuietTime_ForgetsIt()
    {
        _rate.Restart(0);
        _rate.Add(1);
        _rate.Restart(1000);
        _rate.Add(50);

        Assert.Equal(2, _rate.RetryAfter(100, 1001));
    }
}
