using Hydra.Dispatch;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>The edges of what a <see cref="ServiceRate"/> measures.</summary>
public sealed class ServiceRateBoundsTests
{
    private readonly ServiceRate _rate = new();

    [Fact]
    public void RetryAfter_NeverStarted_IsTheShortest()
    {
        Assert.Equal(1, _rate.RetryAfter(1_000_000, 100));
        _rate.Add(5);
        Assert.Equal(1, _rate.RetryAfter(1_000_000, 100));
    }

    [Fact]
    public void Sample_SoonerThanHalfASecond_IsNotTaken()
    {
        // Ten samples are kept. They reach back to the ten requests only if they are half a second apart.
        _rate.Restart(0);
        _rate.Add(10);
        for (double now = 0; now < 4; now += 0.1)
        {
            _rate.Sample(now);
        }

        // Ten in four seconds.
        Assert.Equal(40, _rate.RetryAfter(100, 4));
    }

    [Fact]
    public void RetryAfter_NothingServedForFiveSeconds_IsTheLongest()
    {
        _rate.Restart(0);
        _rate.Add(100);
        for (double now = 0.5; now <= 10; now += 0.5)
        {
            _rate.Sample(now);
        }

        Assert.Equal(60, _rate.RetryAfter(1, 10));
    }

    [Fact]
    public async Task Add_ManyThreads_CountsEach()
    {
        _rate.Restart(0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 25_000; i++)
            {
                _rate.Add(1);
            }
        })));

        // 100,000 in a second: one more waiting request than that takes a second more.
        Assert.Equal(1, _rate.RetryAfter(100_000, 1));
        Assert.Equal(2, _rate.RetryAfter(100_001, 1));
    }
}
