using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public class RestartBackoffTests
{
    [Fact]
    public void Next_DeathsInSuccession_DoublesUpToTheLongest()
    {
        var backoff = new RestartBackoff();

        double[] delays = [.. Enumerable.Range(0, 10).Select(_ => backoff.Next(TimeSpan.Zero).TotalSeconds)];

        Assert.Equal([0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10], delays);
    }

    [Fact]
    public void Next_DeathsSoonAfterReady_DoNotDouble()
    {
        var backoff = new RestartBackoff();

        double[] delays = [.. Enumerable.Range(0, 4).Select(_ => backoff.Next(TimeSpan.FromSeconds(0.5)).TotalSeconds)];

        Assert.Equal([0, 0.1, 0.1, 0.1], delays);
    }

    [Fact]
    public void Next_AfterAHealthyLife_StartsAtOnce()
    {
        var backoff = new RestartBackoff();
        for (int i = 0; i < 5; i++)
        {
            backoff.Next(TimeSpan.Zero);
        }

        Assert.Equal(TimeSpan.Zero, backoff.Next(TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.FromSeconds(0.1), backoff.Next(TimeSpan.FromSeconds(0.9)));
    }
}
