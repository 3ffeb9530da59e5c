using System.Globalization;

namespace Hydra.Diagnostics;

/// <summary>
/// Makes one of the same metric of several workers. What adds up is added, also what workers that have ended had counted; of the rest each
/// worker has its own, with a label, unless a gauge says something else. docs/metrics.md has the rules.
/// </summary>
internal sealed class MetricMerge
{
    /// <summary>Where a label tells the workers apart.</summary>
    public const string WorkerLabel = "worker";

    // Of ended workers: samples that are kept at most. Who counts by what never comes again has no end of them.
    private const int MostKept = 50_000;

    private readonly Dictionary<string, MetricFamily> _kept = new(StringComparer.Ordinal);

    // The gauges of ended workers that may have changed last of all.
    private readonly MetricSource _ended = new("");

    /// <summary>Metrics that were left out because another of their name is of another kind.</summary>
    public long Conflicts { get; private set; }

    /// <summary>A worker has ended: what it has counted still counts.</summary>
    public void Keep(MetricSource ended)
    {
        _ended.Inherit(ended, MostKept);
        foreach ((string name, MetricFamily family) in ended.Families)
        {
            MetricFamily counted = Summed([family]);
            MetricFamily sum = _kept.TryGetValue(name, out MetricFamily? before) && before.Kind == family.Kind ? Summed([before, counted]) : counted;
            int others = _kept.Where(one => one.Key != name).Sum(static one => one.Value.Samples.Count);
            if (sum.Samples.Count > 0 && others + sum.Samples.Count <= MostKept)
            {
                _kept[name] = sum;
            }
        }
    }

    /// <summary>The metrics of all workers.</summary>
    /// <param name="sources">What is known of those that live, the oldest first.</param>
    public IReadOnlyList<MetricFamily> Merge(IReadOnlyList<MetricSource> sources)
    {
        // The youngest has the present code: what it says a metric is, it is.
        MetricSource[] youngestFirst = [.. sources.Reverse()];
        List<MetricFamily> merged = [];
        foreach (string name in youngestFirst.SelectMany(static source => source.Families.Keys).Concat(_kept.Keys).Concat(_ended.Families.Keys).Distinct(StringComparer.Ordinal))
        {
            (MetricSource Source, MetricFamily Family)[] all =
                [.. youngestFirst.Where(source => source.Families.ContainsKey(name)).Select(source => (source, source.Families[name]))];
            MetricFamily? last = _ended.Families.GetValueOrDefault(name);
            MetricFamily model = all.Length > 0 ? all[0].Family : _kept.GetValueOrDefault(name) ?? last!;
            (MetricSource Source, MetricFamily Family)[] alike = [.. all.Where(one => one.Family.Kind == model.Kind)];
            Conflicts += all.Length - alike.Length;
            MetricFamily? kept = _kept.TryGetValue(name, out MetricFamily? before) && before.Kind == model.Kind ? before : null;
            MetricFamily[] counted = [.. alike.Select(static one => one.Family), .. kept is null ? Array.Empty<MetricFamily>() : [kept]];
            MetricFamily family = counted.Length > 0 ? Summed(counted) : model.Empty();
            AddOthers(family, model.Mode, last is not null && model.Mode is GaugeMode.MostRecent && last.Kind == model.Kind ? [.. alike, (_ended, last)] : alike);
            merged.Add(family);
        }

        return merged;
    }

    /// <summary>Labels with one more in front; one of the application's own that is called so gets another name, as Prometheus does it.</summary>
    public static string WithLabel(string labels, string name, string value)
    {
        string renamed = name;
        if (Has(labels, name))
        {
            do
            {
                renamed = "exported_" + renamed;
            }
            while (Has(labels, renamed));
        }

        // Inside of a value a quote has a backslash before it: what is replaced is a name.
        string rest = labels.StartsWith($"{name}=\"", StringComparison.Ordinal) ? renamed + labels[name.Length..]
            : labels.Replace($",{name}=\"", $",{renamed}=\"", StringComparison.Ordinal);
        return $"{name}=\"{PrometheusText.Escape(value)}\"{(rest.Length > 0 ? "," : "")}{rest}";
    }

    private static bool Has(string labels, string name)
        => labels.StartsWith($"{name}=\"", StringComparison.Ordinal) || labels.Contains($",{name}=\"", StringComparison.Ordinal);

    // What adds up, of several of one kind: the first says what it is.
    private static MetricFamily Summed(MetricFamily[] alike)
    {
        MetricFamily sum = alike[0].Empty();
        var at = new Dictionary<(string, string, string), int>();
        foreach (MetricFamily family in alike.Length > 1 && sum.Kind is MetricKind.Histogram ? WithTheSameBounds(alike) : alike)
        {
            foreach (MetricSample sample in family.Samples)
            {
                if (!family.AddsUp(sample))
                {
                    continue;
                }

                if (at.TryAdd((sample.Name, sample.Labels, sample.Bound), sum.Samples.Count))
                {
                    sum.Samples.Add(sample);
                }
                else
                {
                    int i = at[(sample.Name, sample.Labels, sample.Bound)];
                    sum.Samples[i] = sum.Samples[i] with { Value = sum.Samples[i].Value + sample.Value };
                }
            }
        }

        return sum;
    }

    // A bucket counts what is smaller as well. Where a histogram has not the bounds of another, as after a reload with others, its next smaller
    // bucket says what is known of it: so the buckets of the sum never get less from one to the next.
    private static MetricFamily[] WithTheSameBounds(MetricFamily[] alike)
    {
        string[][] bounds = [.. alike.Select(static family => family.Samples.Where(static one => one.Bound.Length > 0).Select(static one => one.Bound).Distinct(StringComparer.Ordinal).ToArray())];
        if (bounds.All(one => one.AsSpan().SequenceEqual(bounds[0])))
        {
            return alike;
        }

        string[] all = [.. bounds.SelectMany(static one => one).Distinct(StringComparer.Ordinal).OrderBy(ValueOf)];
        return [.. alike.Select(family => WithBounds(family, all))];
    }

    private static MetricFamily WithBounds(MetricFamily family, string[] bounds)
    {
        MetricFamily filled = family.Empty();
        foreach (IGrouping<(string Name, string Labels), MetricSample> series in family.Samples.Where(static one => one.Bound.Length > 0).GroupBy(static one => (one.Name, one.Labels)))
        {
            var own = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (MetricSample sample in series)
            {
                own[sample.Bound] = sample.Value;
            }

            double below = 0;
            foreach (string bound in bounds)
            {
                below = own.TryGetValue(bound, out double value) ? value : below;
                filled.Samples.Add(new MetricSample(series.Key.Name, series.Key.Labels, bound, below));
            }
        }

        filled.Samples.AddRange(family.Samples.Where(static one => one.Bound.Length == 0));
        return filled;
    }

    private static double ValueOf(string bound) => bound is "+Inf" or "inf" ? double.PositiveInfinity : bound is "-Inf" or "-inf" ? double.NegativeInfinity : double.Parse(bound, CultureInfo.InvariantCulture);

    // What does not add up.
    private static void AddOthers(MetricFamily merged, GaugeMode mode, IReadOnlyList<(MetricSource Source, MetricFamily Family)> youngestFirst)
    {
        var at = new Dictionary<(string, string, string), (int Index, long ChangedAt)>();
        foreach ((MetricSource source, MetricFamily family) in youngestFirst)
        {
            foreach (MetricSample sample in family.Samples)
            {
                if (family.AddsUp(sample))
                {
                    continue;
                }

                bool isShared = !family.IsOfTheProcess && (family.Kind is MetricKind.Info || (family.Kind is MetricKind.Gauge && mode is not GaugeMode.All));
                MetricSample own = isShared ? sample : sample with { Labels = WithLabel(sample.Labels, WorkerLabel, source.Worker) };
                long changedAt = mode is GaugeMode.MostRecent or GaugeMode.LiveMostRecent ? source.ChangedAt(sample) : 0;
                if (at.TryAdd((own.Name, own.Labels, own.Bound), (merged.Samples.Count, changedAt)))
                {
                    merged.Samples.Add(own);
                }
                else if (isShared)
                {
                    (int index, long before) = at[(own.Name, own.Labels, own.Bound)];
                    merged.Samples[index] = own with { Value = Both(mode, merged.Samples[index].Value, own.Value, changedAt > before) };
                    at[(own.Name, own.Labels, own.Bound)] = (index, Math.Max(before, changedAt));
                }
            }
        }
    }

    private static double Both(GaugeMode mode, double value, double other, bool isOtherLater) => mode switch
    {
        GaugeMode.Sum => value + other,
        GaugeMode.Min => Math.Min(value, other),
        GaugeMode.MostRecent or GaugeMode.LiveMostRecent => isOtherLater ? other : value,
        _ => Math.Max(value, other),
    };
}
