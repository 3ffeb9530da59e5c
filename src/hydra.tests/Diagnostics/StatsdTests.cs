using System.Text;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Diagnostics;

/// <summary>What a statsd daemon is told, and where it is: <see cref="StatsdAddress"/>, <see cref="StatsdCounts"/>, <see cref="StatsdText"/>.</summary>
public sealed class StatsdTests
{
    [Theory]
    [InlineData("localhost:9125", "", "localhost", 9125)]
    [InlineData("udp://10.0.0.1:8125", "", "10.0.0.1", 8125)]
    [InlineData("statsd", "", "statsd", 8125)]
    [InlineData("[::1]:8126", "", "::1", 8126)]
    [InlineData("unix:///run/statsd.sock", "/run/statsd.sock", "", 0)]
    [InlineData("unix:/run/statsd.sock", "/run/statsd.sock", "", 0)]
    public void TryRead_Address_IsTaken(string text, string path, string host, int port)
    {
        Assert.Null(StatsdAddress.TryRead(text, out StatsdAddress address));
        Assert.Equal((path, host, port), (address.Path, address.Host, address.Port));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":8125")]
    [InlineData("localhost:")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:statsd")]
    [InlineData("http://localhost:8125")]
    [InlineData("unix:")]
    public void TryRead_Mistake_IsSaid(string text)
        => Assert.Contains("is not an address such as localhost:8125", StatsdAddress.TryRead(text, out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("[::1]:8126")]
    [InlineData("localhost:9125")]
    [InlineData("unix:/run/statsd.sock")]
    public void ToString_Address_IsAsItIsWritten(string text)
    {
        _ = StatsdAddress.TryRead(text, out StatsdAddress address);

        Assert.Equal(text, address.ToString());
    }

    [Fact]
    public void Take_Requests_AreThoseSinceTheLastTime()
    {
        var counts = new StatsdCounts();
        counts.Add(200, TimeSpan.FromMilliseconds(1.5));
        counts.Add(200, TimeSpan.FromMilliseconds(2));
        counts.Add(101, null);

        StatsdInterval first = counts.Take();
        counts.Add(404, TimeSpan.Zero);

        Assert.Equal([(101, 1L), (200, 2L)], first.ByStatus.Select(static one => (one.Key, one.Value)));
        Assert.Equal([1.5, 2], first.Milliseconds);
        Assert.Equal(2, first.Durations);
        Assert.Equal([404], counts.Take().ByStatus.Keys);
        Assert.Empty(counts.Take().ByStatus);
    }

    [Fact]
    public void Add_MoreThanAreKept_KeepsSomeOfThemAll()
    {
        const int all = 20 * StatsdInterval.MostDurations;
        var interval = new StatsdInterval();
        for (int i = 0; i < all; i++)
        {
            interval.Add(200, TimeSpan.FromMilliseconds(i));
        }

        Assert.Equal((all, StatsdInterval.MostDurations), ((int)interval.Durations, interval.Milliseconds.Count));
        Assert.Equal(StatsdInterval.MostDurations, interval.Milliseconds.Distinct().Count());

        // 512 of 10,240 at random: that none is of the second half has a probability of 2^-512.
        Assert.Contains(interval.Milliseconds, static one => one >= all / 2);
    }

    [Fact]
    public void Take_Figures_AreLinesAsStatsdReadsThem()
    {
        var text = new StatsdText("shop.", "");
        text.Count("requests", 3);
        text.Count("nothing", 0);
        text.Gauge("workers", 0);
        text.Timing("duration", 1.23456, 1);
        text.Timing("duration", 1000, 0.25);

        Assert.Equal("shop.requests:3|c\nshop.workers:0|g\nshop.duration:1.235|ms\nshop.duration:1000|ms|@0.25", Encoding.ASCII.GetString(text.Take().Single()));
        Assert.Empty(text.Take());
    }

    [Fact]
    public void Take_Tags_AreBehindEachFigure()
    {
        var text = new StatsdText("", "env:live,a");
        text.Count("requests", 1);
        text.Timing("duration", 1, 0.5);

        Assert.Equal("requests:1|c|#env:live,a\nduration:1|ms|@0.5|#env:live,a", Encoding.ASCII.GetString(text.Take().Single()));
    }

    [Fact]
    public void Take_ManyFigures_FitTheirDatagramsAndAreWhole()
    {
        var text = new StatsdText("", "");
        for (int i = 0; i < 1000; i++)
        {
            text.Gauge($"figure{i}", i);
        }

        IReadOnlyList<byte[]> datagrams = text.Take();

        Assert.All(datagrams, static one => Assert.InRange(one.Length, 1, StatsdText.DatagramSize));
        Assert.Equal(Enumerable.Range(0, 1000).Select(static i => $"figure{i}:{i}|g"), datagrams.SelectMany(static one => Encoding.ASCII.GetString(one).Split('\n')));
    }

    [Fact]
    public void LogCounts_Records_AreCountedByTheirLevel()
    {
        var counts = new LogCounts();
        counts.Add(LogLevel.Warning);
        counts.Add(LogLevel.Error);
        counts.Add(LogLevel.Error);
        counts.Add(LogLevel.None);

        Assert.Equal((0, 1, 2), (counts.Of(LogLevel.Information), counts.Of(LogLevel.Warning), counts.Of(LogLevel.Error)));
    }
}
