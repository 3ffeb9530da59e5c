using Hydra.Control;
using Hydra.Diagnostics;
using Hydra.Hosting;
using Hydra.Tests.Diagnostics;
using Xunit;

namespace Hydra.Tests.Hosting;

public class RouteSummaryTests
{
    [Fact]
    public void Of_WhatWorkersHaveCounted_IsOneOfEachMethodAndRoute()
    {
        string lines = "T histogram all hydra_route_duration_seconds\n"
            + Series("GET", "/a\\\"{id}", "2xx", (0.1, 90), (1, 100), 20)
            + Series("GET", "/a\\\"{id}", "5xx", (0.1, 0), (1, 0), 200, more: 2)
            + Series("POST", "/b", "2xx", (0.1, 4), (1, 4), 0.2);
        IReadOnlyList<RouteStatus> routes = RouteSummary.Of("shop", new MetricMerge().Merge([Merged.Source("0", lines)]));

        Assert.Equal([new RouteStatus("shop", "GET", "/a\"{id}", 102, 2, Math.Round(220.0 / 102, 6), Math.Round(0.1 * 51 / 90, 6), 1), new RouteStatus("shop", "POST", "/b", 4, 0, 0.05, 0.05, 0.099)], routes);
        Assert.Equal(["/a\"{id}", "/b"], RouteSummary.Slowest([[routes[1]], [routes[0]]]).Select(static route => route.Route));
    }

    [Theory]
    [InlineData(1, 0.9, 0.9, 0.9)]
    [InlineData(2, 0.5, 0.25, 0.397)]
    public void Of_FewRequests_TakeNoLongerThanAllOfThem(int count, double seconds, double half, double most)
    {
        string lines = "T histogram all hydra_route_duration_seconds\n" + Series("GET", "/", "2xx", (0.1, 0), (1, count), seconds);
        RouteStatus route = Assert.Single(RouteSummary.Of("shop", new MetricMerge().Merge([Merged.Source("0", lines)])));

        Assert.Equal((half, most), (route.P50, Math.Round(route.P99, 3)));
    }

    [Fact]
    public void Of_Nothing_IsNothing() => Assert.Empty(RouteSummary.Of("shop", new MetricMerge().Merge([Merged.Source("0", "T gauge all g\nS g 1\n")])));

    private static string Series(string method, string route, string status, (double Bound, int Count) first, (double Bound, int Count) second, double seconds, int more = 0)
    {
        string labels = $"method=\"{method}\",route=\"{route}\",status=\"{status}\"";
        const string Name = "hydra_route_duration_seconds";
        return FormattableString.Invariant($"S {Name}_bucket{{{labels},le=\"{first.Bound}\"}} {first.Count}\nS {Name}_bucket{{{labels},le=\"{second.Bound}\"}} {second.Count}\nS {Name}_bucket{{{labels},le=\"+Inf\"}} {second.Count + more}\n")
            + FormattableString.Invariant($"S {Name}_count{{{labels}}} {second.Count + more}\nS {Name}_sum{{{labels}}} {seconds}\n");
    }
}
