using Hydra.Diagnostics;
using Hydra.Tests.Hosting;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public class RateWindowTests
{
    private readonly ManualClock _clock = new();
    private readonly RequestMetrics _metrics = new(["none", "worker"]);
    private readonly RateWindow _window;

    public RateWindowTests() => _window = new RateWindow(TimeSpan.FromSeconds(10), _clock);

    [Fact]
    public void Read_BeforeAnySample_IsNothing()
        => Assert.Equal(new RequestRates(TimeSpan.Zero, 0, 0, null, null, null), _window.Read(_metrics.Read()));

    [Fact]
    public void Read_OverTheWindow_AreRatesAndPercentilesOfThat()
    {
        Serve(100, 200, 5);
        _window.Add(_metrics.Read());
        _clock.Advance(TimeSpan.FromSeconds(4));
        Serve(30, 200, 0.002);
        Serve(10, 503, 3);

        RequestRates rates = _window.Read(_metrics.Read());
        Assert.Equal((10, 2.5), (rates.PerSecond, rates.FailedPerSecond));
        Assert.InRange(rates.Median!.Value.TotalSeconds, 0.0015, 0.0025);
        Assert.InRange(rates.NinetyNine!.Value.TotalSeconds, 2.5, 3.5);
    }

    [Fact]
    public void Add_WhatIsOlderThanTheWindow_IsForgotten()
    {
        for (int second = 0; second < 30; second++)
        {
            _window.Add(_metrics.Read());
            _clock.Advance(TimeSpan.FromSeconds(1));
            Serve(second < 15 ? 100 : 1, 200, 0.001);
        }

        RequestRates rates = _window.Read(_metrics.Read());
        Assert.InRange(rates.Span.TotalSeconds, 10, 11);
        Assert.Equal(1, rates.PerSecond, 3);
    }

    [Fact]
    public void ReadFailures_ThoseThatThereWere_ByName()
    {
        Assert.Empty(_metrics.ReadFailures());
        _metrics.AddFailure(1);

        Assert.Equal(new Dictionary<string, long> { ["worker"] = 1 }, _metrics.ReadFailures());
    }

    private void Serve(int count, int status, double seconds)
    {
        for (int i = 0; i < count; i++)
        {
            _metrics.Add(new RequestFigures { Status = status, Duration = TimeSpan.FromSeconds(seconds) });
        }
    }
}
