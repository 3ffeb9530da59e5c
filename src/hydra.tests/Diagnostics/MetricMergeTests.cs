using System.Text;
using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public class MetricMergeTests
{
    private readonly MetricMerge _merge = new();

    [Fact]
    public void Merge_Counters_AreAddedAlsoThoseOfWorkersThatHaveEnded()
    {
        const string Lines = "T counter all c\nS c_total{a=\"1\"} 2\nS c_total{a=\"2\"} 1\n";
        MetricSource first = Merged.Source("0", Lines);
        MetricSource second = Merged.Source("1", "T counter all c\nS c_total{a=\"1\"} 5\n");
        Assert.Equal(["c_total{a=\"1\"} 7", "c_total{a=\"2\"} 1"], Merged.Samples(_merge, first, second));

        _merge.Keep(first);
        Assert.Equal(["c_total{a=\"1\"} 7", "c_total{a=\"2\"} 1"], Merged.Samples(_merge, second));
        _merge.Keep(second);
        Assert.Equal(["c_total{a=\"1\"} 7", "c_total{a=\"2\"} 1"], Merged.Samples(_merge));
        Assert.Equal(["c_total{a=\"1\"} 9", "c_total{a=\"2\"} 2"], Merged.Samples(_merge, Merged.Source("0", Lines)));
    }

    [Fact]
    public void Merge_Histograms_AreAddedBucketByBucket()
    {
        const string Lines = "T histogram all h\nS h_bucket{le=\"1.0\"} 1\nS h_bucket{le=\"+Inf\"} 2\nS h_count 2\nS h_sum 9\n";
        _merge.Keep(Merged.Source("0", Lines));

        Assert.Equal(
            ["h_bucket{le=\"1.0\"} 3", "h_bucket{le=\"+Inf\"} 6", "h_count 6", "h_sum 27"],
            Merged.Samples(_merge, Merged.Source("0", Lines), Merged.Source("1", Lines)));
    }

    [Fact]
    public void Merge_HistogramsOfOtherBounds_NeverCountLessInALargerBucket()
    {
        MetricSource before = Merged.Source("0", "T histogram all h\nS h_bucket{le=\"1.0\"} 1\nS h_bucket{le=\"10.0\"} 4\nS h_bucket{le=\"+Inf\"} 5\nS h_count 5\n");
        MetricSource after = Merged.Source("1", "T histogram all h\nS h_bucket{le=\"5.0\"} 2\nS h_bucket{le=\"+Inf\"} 3\nS h_count 3\n");

        Assert.Equal(
            ["h_bucket{le=\"1.0\"} 1", "h_bucket{le=\"5.0\"} 3", "h_bucket{le=\"10.0\"} 6", "h_bucket{le=\"+Inf\"} 8", "h_count 8"],
            Merged.Samples(_merge, before, after));
    }

    [Fact]
    public void Merge_Summaries_AreAddedAndTheirQuantilesAreEachWorkers()
        => Assert.Equal(
            ["s_count 3", "s{worker=\"1\",quantile=\"0.5\"} 2", "s{worker=\"0\",quantile=\"0.5\"} 1"],
            Merged.Samples(_merge, Merged.Source("0", "T summary all s\nS s{quantile=\"0.5\"} 1\nS s_count 1\n"), Merged.Source("1", "T summary all s\nS s{quantile=\"0.5\"} 2\nS s_count 2\n")));

    [Theory]
    [InlineData("all", "g{worker=\"1\"} 5|g{worker=\"0\"} 2")]
    [InlineData("liveall", "g{worker=\"1\"} 5|g{worker=\"0\"} 2")]
    [InlineData("sum", "g 7")]
    [InlineData("livesum", "g 7")]
    [InlineData("min", "g 2")]
    [InlineData("livemin", "g 2")]
    [InlineData("max", "g 5")]
    [InlineData("livemax", "g 5")]
    [InlineData("anything", "g{worker=\"1\"} 5|g{worker=\"0\"} 2")]
    public void Merge_Gauges_AreWhatTheirModeSays(string mode, string expected)
    {
        _merge.Keep(Merged.Source("2", $"T gauge {mode} g\nS g 100\n"));
        Assert.Equal(expected.Split('|'), Merged.Samples(_merge, Merged.Source("0", $"T gauge {mode} g\nS g 2\n"), Merged.Source("1", $"T gauge {mode} g\nS g 5\n")));
    }

    [Fact]
    public void Merge_MostRecentGauge_IsThatWhichHasChangedLast()
    {
        MetricSource first = Merged.Source("0", "T gauge mostrecent g\nS g 1\n");
        MetricSource second = Merged.Source("1", "T gauge mostrecent g\nS g 2\n");
        Assert.Equal(["g 2"], Merged.Samples(_merge, first, second));
        Update(first, "T gauge mostrecent g\nS g 0\n");
        Update(second, "T gauge mostrecent g\nS g 2\n");
        Assert.Equal(["g 0"], Merged.Samples(_merge, first, second));
    }

    [Theory]
    [InlineData("mostrecent")]
    [InlineData("livemostrecent")]
    public void Merge_MostRecentGaugeOfAWorkerThatHasNotSetIt_IsThatOfTheOther(string mode)
    {
        MetricSource first = Merged.Source("0", $"T gauge {mode} g\nS g 7\n");
        MetricSource fresh = Merged.Source("1", $"T gauge {mode} g\nS g 0\n");
        Assert.Equal(["g 7"], Merged.Samples(_merge, first, fresh));
        Assert.Equal(["g 0"], Merged.Samples(_merge, fresh));
    }

    [Theory]
    [InlineData("mostrecent", "g 7")]
    [InlineData("livemostrecent", "g 0")]
    public void Keep_MostRecentGauge_IsThereUntilAnotherChangesIt(string mode, string expected)
    {
        MetricSource ended = Merged.Source("0", $"T gauge {mode} g\nS g 7\n");
        MetricSource fresh = Merged.Source("0", $"T gauge {mode} g\nS g 0\n");
        _merge.Keep(ended);
        Assert.Equal([expected], Merged.Samples(_merge, fresh));
        Update(fresh, $"T gauge {mode} g\nS g 3\n");
        Assert.Equal(["g 3"], Merged.Samples(_merge, fresh));
        Update(fresh, $"T gauge {mode} g\nS g 0\n");
        Assert.Equal(["g 0"], Merged.Samples(_merge, fresh));
    }

    [Fact]
    public void Keep_MostRecentGaugesOfSeveral_AreThoseOfTheLastChange()
    {
        MetricSource first = Merged.Source("0", "T gauge mostrecent g\nS g{a=\"1\"} 1\nS g{a=\"2\"} 2\n");
        MetricSource second = Merged.Source("1", "T gauge mostrecent g\nS g{a=\"1\"} 5\n");
        _merge.Keep(second);
        _merge.Keep(first);
        Assert.Equal(["g{a=\"2\"} 2", "g{a=\"1\"} 5"], Merged.Samples(_merge).Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public void Merge_WhatTellsOfTheProcess_IsEachWorkersAndOfItsYoungestProcess()
    {
        MetricSource old = Merged.Source("0", "T counter all process_cpu_seconds\nS process_cpu_seconds_total 9\nT info all python\nS python_info{version=\"3\"} 1\n");
        MetricSource young = Merged.Source("0", "T counter all process_cpu_seconds\nS process_cpu_seconds_total 1\n");
        _merge.Keep(old);

        Assert.Equal(["process_cpu_seconds_total{worker=\"0\"} 1"], Merged.Samples(_merge, old, young).Where(static line => line.StartsWith("process", StringComparison.Ordinal)));
    }

    [Fact]
    public void Merge_InfosAndStates_AreOneForAllAndOneForEach()
    {
        const string Lines = "T info all build\nS build_info{version=\"1\"} 1\nT stateset all mode\nS mode{mode=\"on\"} 1\nT unknown all u\nS u 3\n";
        string[] samples = Merged.Samples(_merge, Merged.Source("0", Lines), Merged.Source("1", Lines));

        Assert.Equal(
            ["build_info{version=\"1\"} 1", "mode{worker=\"1\",mode=\"on\"} 1", "mode{worker=\"0\",mode=\"on\"} 1", "u{worker=\"1\"} 3", "u{worker=\"0\"} 3"], samples);
    }

    [Fact]
    public void Merge_KindThatHasChanged_IsThatOfTheYoungest()
    {
        MetricSource old = Merged.Source("0", "T counter all c\nS c_total 2\n");
        MetricSource young = Merged.Source("1", "T gauge sum c\nS c 3\n");
        Assert.Equal(["c 3"], Merged.Samples(_merge, old, young));
        Assert.Equal(1, _merge.Conflicts);
        _merge.Keep(old);
        Assert.Equal(["c 3"], Merged.Samples(_merge, young));
    }

    [Fact]
    public void Update_APart_LeavesTheRestAsItWas()
    {
        MetricSource source = Merged.Source("0", "T counter all a\nS a_total 2\nT counter all b\nS b_total 3\n");
        source.Update(MetricReader.Read("T counter all a\nS a_total 4\n"u8).Families, isPartial: true);
        Assert.Equal(["a_total 4", "b_total 3"], Merged.Samples(_merge, source));
        source.Update(MetricReader.Read("T counter all a\nS a_total 5\n"u8).Families, isPartial: false);
        Assert.Equal(["a_total 5"], Merged.Samples(_merge, source));
    }

    [Fact]
    public void Keep_SeriesWithoutEnd_HasAnEnd()
    {
        for (int i = 0; i < 60; i++)
        {
            string[] lines = [.. Enumerable.Range(0, 1000).Select(j => $"S c_total{{id=\"{(i * 1000) + j}\"}} 1")];
            _merge.Keep(Merged.Source("0", "T counter all c\n" + string.Join('\n', lines)));
        }

        Assert.Equal(50_000, Merged.Samples(_merge).Length);
    }

    [Theory]
    [InlineData("", "worker=\"7\"")]
    [InlineData("a=\"1\"", "worker=\"7\",a=\"1\"")]
    [InlineData("worker=\"1\"", "worker=\"7\",exported_worker=\"1\"")]
    [InlineData("a=\",worker=\\\"\",worker=\"1\"", "worker=\"7\",a=\",worker=\\\"\",exported_worker=\"1\"")]
    [InlineData("exported_worker=\"0\",worker=\"1\"", "worker=\"7\",exported_worker=\"0\",exported_exported_worker=\"1\"")]
    public void WithLabel_OneOfTheApplicationsOwn_GetsAnotherName(string labels, string expected) => Assert.Equal(expected, MetricMerge.WithLabel(labels, "worker", "7"));

    private static void Update(MetricSource source, string lines) => source.Update(MetricReader.Read(Encoding.UTF8.GetBytes(lines)).Families, isPartial: false);
}
