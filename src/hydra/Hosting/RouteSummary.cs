using System.Globalization;
using System.Text.RegularExpressions;
using Hydra.Control;
using Hydra.Diagnostics;

namespace Hydra.Hosting;

/// <summary>What is counted of requests by their routes, for who asks how the server is.</summary>
internal static partial class RouteSummary
{
    /// <summary>How long workers are waited for: who looks each second sees what is missing a second later.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(200);

    private const int Most = 50;

    /// <summary>The routes of one application.</summary>
    /// <param name="pool">Its name.</param>
    /// <param name="families">What its workers have counted.</param>
    public static IReadOnlyList<RouteStatus> Of(string pool, IReadOnlyList<MetricFamily> families)
    {
        if (families.FirstOrDefault(static family => family.Name == MetricReader.Routes) is not { } family)
        {
            return [];
        }

        var routes = new Dictionary<(string Method, string Route), Totals>();
        foreach (MetricSample sample in family.Samples)
        {
            Match labels = Labels().Match(sample.Labels);
            if (labels.Success)
            {
                (string, string) key = (labels.Groups[1].Value, Plain(labels.Groups[2].Value));
                if (!routes.TryGetValue(key, out Totals? totals))
                {
                    routes.Add(key, totals = new Totals());
                }

                totals.Add(sample, isError: labels.Groups[3].Value == "5xx");
            }
        }

        return [.. routes.Where(static one => one.Value.Count > 0).Select(one => new RouteStatus(
            pool, one.Key.Method, one.Key.Route, (long)one.Value.Count, (long)one.Value.Errors, Round(one.Value.Seconds / one.Value.Count), Round(one.Value.Percentile(0.5)),
            Round(one.Value.Percentile(0.99))))];
    }

    /// <summary>Those of all applications that took most time in all.</summary>
    public static IReadOnlyList<RouteStatus> Slowest(IEnumerable<IReadOnlyList<RouteStatus>> pools)
        => [.. pools.SelectMany(static routes => routes).OrderByDescending(static route => route.Mean * route.Count).Take(Most)];

    private static double Round(double seconds) => Math.Round(seconds, 6);

    private static string Plain(string escaped)
        => Escape().Replace(escaped, static match => match.ValueSpan[1] == 'n' ? "\n" : match.Value[1..]);

    [GeneratedRegex("""^method="([^"]*)",route="((?:[^"\\]|\\.)*)",status="([^"]*)"$""")]
    private static partial Regex Labels();

    [GeneratedRegex("""\\.""")]
    private static partial Regex Escape();

    private sealed class Totals
    {
        // By bound: how many took no longer.
        private readonly SortedDictionary<double, double> _buckets = [];

        public double Count { get; private set; }

        public double Errors { get; private set; }

        public double Seconds { get; private set; }

        public void Add(in MetricSample sample, bool isError)
        {
            if (sample.Bound.Length > 0)
            {
                double bound = sample.Bound == "+Inf" ? double.PositiveInfinity : double.Parse(sample.Bound, CultureInfo.InvariantCulture);
                _buckets[bound] = _buckets.GetValueOrDefault(bound) + sample.Value;
            }
            else if (sample.Name.EndsWith("_sum", StringComparison.Ordinal))
            {
                Seconds += sample.Value;
            }
            else
            {
                Count += sample.Value;
                Errors += isError ? sample.Value : 0;
            }
        }

        // As if those of a bucket were spread evenly; of what has no bound no more is known than where it begins.
        public double Percentile(double share)
        {
            double wanted = share * Count;
            double low = 0;
            double below = 0;
            foreach ((double bound, double count) in _buckets)
            {
                if (count >= wanted && count > below)
                {
                    double high = Math.Min(bound, Math.Max(low, LargestBySum(low)));
                    return Count == 1 ? Seconds : double.IsPositiveInfinity(bound) ? low : low + ((high - low) * (wanted - below) / (count - below));
                }

                (low, below) = (double.IsPositiveInfinity(bound) ? low : bound, count);
            }

            return low;
        }

        // None of a bucket is larger than what all the others together leave of the sum.
        private double LargestBySum(double itsLow)
        {
            double low = 0;
            double below = 0;
            double all = 0;
            foreach ((double bound, double count) in _buckets.Where(static one => !double.IsPositiveInfinity(one.Key)))
            {
                all += (count - below) * low;
                (low, below) = (bound, count);
            }

            all += (Count - below) * low;
            return Seconds - (all - itsLow);
        }
    }
}
