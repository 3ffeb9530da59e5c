using System.Text;
using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public class HistogramTests
{
    private readonly Histogram _histogram = new();

    [Fact]
    public void Percentile_OfNothing_IsUnknown() => Assert.Null(Histogram.Percentile(_histogram.Read(), 0.5));

    [Theory]
    [InlineData(0.5, 0.04, 0.06)]
    [InlineData(0.9, 0.08, 0.1)]
    [InlineData(0.99, 0.09, 0.1)]
    public void Percentile_EvenlySpread_IsNearWhatItIs(double share, double low, double high)
    {
        for (int i = 1; i <= 1000; i++)
        {
            _histogram.Add(TimeSpan.FromMilliseconds(i / 10.0));
        }

        Assert.InRange(Histogram.Percentile(_histogram.Read(), share)!.Value.TotalSeconds, low, high);
    }

    [Fact]
    public void Percentile_OfOne_IsThat()
    {
        _histogram.Add(TimeSpan.FromSeconds(29));
        HistogramCounts before = _histogram.Read();
        _histogram.Add(TimeSpan.FromSeconds(16));

        Assert.All([0.5, 0.99], share => Assert.Equal(TimeSpan.FromSeconds(16), Histogram.Percentile(_histogram.Read() - before, share)));
    }

    [Fact]
    public void Percentile_OfAWideBucket_IsNotMoreThanTheLargest()
    {
        for (int i = 0; i < 20; i++)
        {
            _histogram.Add(TimeSpan.FromMilliseconds(1));
            _histogram.Add(TimeSpan.FromSeconds(16));
        }

        Assert.InRange(Histogram.Percentile(_histogram.Read() + new Histogram().Read(), 0.99)!.Value.TotalSeconds, 15, 16);
    }

    [Fact]
    public void Percentile_BeyondAllBounds_IsNotMoreThanTheLargest()
    {
        _histogram.Add(TimeSpan.FromHours(1));

        Assert.Equal(TimeSpan.FromHours(1), Histogram.Percentile(_histogram.Read(), 0.5));
    }

    [Fact]
    public void Write_BucketsOfPrometheus_CountTheSmallerOnesToo()
    {
        _histogram.Add(TimeSpan.FromMilliseconds(0.2));
        _histogram.Add(TimeSpan.FromMilliseconds(1));
        _histogram.Add(TimeSpan.FromMilliseconds(7));
        _histogram.Add(TimeSpan.FromSeconds(45));
        var text = new StringBuilder();
        Histogram.Write(text, "d", _histogram.Read());

        string[] lines = text.ToString().TrimEnd().Split('\n');
        Assert.Equal("d_bucket{le=\"0.001\"} 2", lines[0]);
        Assert.Equal("d_bucket{le=\"0.005\"} 2", lines[2]);
        Assert.Equal("d_bucket{le=\"0.01\"} 3", lines[3]);
        Assert.Equal("d_bucket{le=\"30\"} 3", lines[^4]);
        Assert.Equal(["d_bucket{le=\"+Inf\"} 4", "d_sum 45.0082", "d_count 4"], lines[^3..]);
    }
}
