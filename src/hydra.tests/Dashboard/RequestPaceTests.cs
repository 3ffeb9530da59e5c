using Hydra.Dashboard;
using Hydra.Diagnostics;
using Hydra.Tests.Dispatch;
using Xunit;

namespace Hydra.Tests.Dashboard;

public sealed class RequestPaceTests
{
    private readonly ManualTime _time = new();
    private readonly RequestMetrics _requests = new(["none"]);

    [Fact]
    public void Next_FirstTime_HasNothingToCompareWith() => Assert.Null(new RequestPace(_time).Next(_requests.Read(), 3));

    [Fact]
    public void Next_RatesAreOfTheTimeThatWasBetween()
    {
        var pace = new RequestPace(_time);
        pace.Next(_requests.Read(), 3);
        Add(200, 6, 0.01);
        Add(503, 2, 0.01);
        _time.Advance(TimeSpan.FromSeconds(2));

        Pace first = pace.Next(_requests.Read(), 5)!;
        Assert.Equal([0, 3, 0, 0, 1], first.Status);
        Assert.Equal((1.0, 2.0), (first.Failures, first.Seconds));

        _time.Advance(TimeSpan.FromSeconds(1));
        Pace second = pace.Next(_requests.Read(), 5)!;
        Assert.Equal([0, 0, 0, 0, 0], second.Status);
        Assert.Equal(0, second.Failures);
    }

    [Fact]
    public void Next_PercentilesLookBackFiveSecondsAndNoFurther()
    {
        var pace = new RequestPace(_time);
        pace.Next(_requests.Read(), 0);
        Add(200, 1, 0.9);
        for (int second = 1; second <= 5; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Pace within = pace.Next(_requests.Read(), 0)!;
            Assert.InRange(within.Median!.Value.TotalSeconds, 0.75, 1);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Pace later = pace.Next(_requests.Read(), 0)!;
        Assert.Null(later.Median);
        Assert.Null(later.NinetyNine);
    }

    private void Add(int status, int count, double seconds)
    {
        for (int i = 0; i < count; i++)
        {
            _requests.Add(new RequestFigures { Status = status, Duration = TimeSpan.FromSeconds(seconds) });
        }
    }
}
