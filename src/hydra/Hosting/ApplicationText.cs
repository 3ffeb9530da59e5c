using System.Text;
using Hydra.Diagnostics;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>
/// What applications count, as text for Prometheus. A metric of several applications stands there once, and one that the server has as well, as process_* are,
/// behind the server's samples. Not for several threads: of one scrape.
/// </summary>
internal sealed class ApplicationText
{
    private const string PoolLabel = "pool";

    private readonly List<Metric> _metrics = [];
    private readonly HashSet<string> _series = new(StringComparer.Ordinal);
    private readonly List<(string? Pool, CollectedFigures Figures)> _pools;
    private long _conflicts;

    /// <summary>Puts the metrics of several applications together.</summary>
    /// <param name="pools">What they have; null where an application is not asked.</param>
    public ApplicationText(IReadOnlyList<PoolFigures> pools)
    {
        _pools = [.. pools.Where(static pool => pool.Application is not null).Select(pool => (pools.Count > 1 ? pool.Name : null, pool.Application!))];
        var byName = new Dictionary<string, Metric>(StringComparer.Ordinal);
        foreach ((string? pool, CollectedFigures figures) in _pools)
        {
            foreach (MetricFamily family in figures.Families)
            {
                if (!byName.TryGetValue(family.WrittenName, out Metric? metric))
                {
                    metric = new Metric(family);
                    byName.Add(family.WrittenName, metric);
                    _metrics.Add(metric);
                }

                if (metric.First.WrittenKind == family.WrittenKind)
                {
                    metric.Samples.AddRange(family.Samples.Select(sample => (sample.Name, pool is null ? sample.AllLabels : MetricMerge.WithLabel(sample.AllLabels, PoolLabel, pool), sample.Value)));
                }
                else
                {
                    _conflicts++;
                }
            }
        }
    }

    /// <summary>Writes the samples of a metric of which the server has just written its own.</summary>
    public void WriteBehind(StringBuilder text, string name, string kind)
    {
        if (_metrics.Find(metric => metric.First.WrittenName == name) is { } metric)
        {
            _metrics.Remove(metric);
            if (metric.First.WrittenKind == kind)
            {
                WriteSamples(text, metric);
            }
            else
            {
                _conflicts++;
            }
        }
    }

    /// <summary>Writes all others, and how often something could not be had.</summary>
    public void WriteRest(StringBuilder text)
    {
        foreach (Metric metric in _metrics)
        {
            PrometheusText.Head(text, metric.First.WrittenName, metric.First.WrittenKind, metric.First.Help);
            WriteSamples(text, metric);
        }

        if (_pools.Count == 0)
        {
            return;
        }

        const string Failures = "hydra_collect_failures_total";
        PrometheusText.Head(text, Failures, "counter", "What could not be had of what applications count, by why.");
        foreach ((string? pool, CollectedFigures figures) in _pools)
        {
            foreach ((string reason, long count) in figures.Failures)
            {
                long all = count + (reason == "conflict" ? _conflicts : 0);
                PrometheusText.Sample(text, Failures, all, [.. pool is null ? Array.Empty<(string, string)>() : [(PoolLabel, pool)], ("reason", reason)]);
            }
        }
    }

    private void WriteSamples(StringBuilder text, Metric metric)
    {
        foreach ((string name, string labels, double value) in metric.Samples)
        {
            string series = labels.Length == 0 ? name : $"{name}{{{labels}}}";
            if (_series.Add(series))
            {
                text.Append(series).Append(' ').Append(PrometheusText.Number(value)).Append('\n');
            }
        }
    }

    private sealed class Metric(MetricFamily first)
    {
        public MetricFamily First => first;

        public List<(string Name, string Labels, double Value)> Samples { get; } = [];
    }
}
