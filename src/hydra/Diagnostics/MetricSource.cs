namespace Hydra.Diagnostics;

/// <summary>What the application has counted in one worker, as far as it is known. Not for several threads.</summary>
/// <param name="worker">The worker, as a label says it.</param>
internal sealed class MetricSource(string worker)
{
    private static long _lastChange;

    private readonly Dictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    // When the samples of gauges that are the most recent of all workers have changed.
    private readonly Dictionary<string, (double Value, long At)> _changes = new(StringComparer.Ordinal);

    /// <summary>The worker, as a label says it.</summary>
    public string Worker => worker;

    /// <summary>The metrics, by name.</summary>
    public IReadOnlyDictionary<string, MetricFamily> Families => _families;

    /// <summary>Takes what the worker has said.</summary>
    /// <param name="families">The metrics.</param>
    /// <param name="isPartial">Whether some may be missing, which then stay as they were.</param>
    public void Update(IReadOnlyDictionary<string, MetricFamily> families, bool isPartial)
    {
        if (!isPartial)
        {
            _families.Clear();
        }

        foreach ((string name, MetricFamily family) in families)
        {
            _families[name] = family;
            if (family.Mode is GaugeMode.MostRecent or GaugeMode.LiveMostRecent)
            {
                family.Samples.ForEach(Note);
            }
        }
    }

    /// <summary>Takes over the gauges whose last change counts although the worker has ended, where it has changed them after what is known here.</summary>
    /// <param name="ended">The worker.</param>
    /// <param name="most">Samples that may be kept.</param>
    public void Inherit(MetricSource ended, int most)
    {
        foreach ((string name, MetricFamily family) in ended._families)
        {
            if (family.Mode is not GaugeMode.MostRecent || family.IsOfTheProcess)
            {
                continue;
            }

            MetricSample[] later = [.. family.Samples.Where(sample => ended.ChangedAt(sample) > ChangedAt(sample))];
            var replaced = later.Select(static sample => KeyOf(sample)).ToHashSet(StringComparer.Ordinal);
            MetricFamily own = _families.TryGetValue(name, out MetricFamily? known) && known.Kind == family.Kind ? known : family.Empty();
            int others = _families.Where(one => one.Key != name).Sum(static one => one.Value.Samples.Count);
            own.Samples.RemoveAll(sample => replaced.Contains(KeyOf(sample)));
            if (later.Length == 0 || others + own.Samples.Count + later.Length > most)
            {
                continue;
            }

            own.Samples.AddRange(later);
            _families[name] = own;
            foreach (MetricSample sample in later)
            {
                _changes[KeyOf(sample)] = (sample.Value, ended.ChangedAt(sample));
            }
        }
    }

    /// <summary>When a sample has changed, by a number that grows; 0 where it has not, or that is not known.</summary>
    public long ChangedAt(in MetricSample sample) => _changes.TryGetValue(KeyOf(sample), out (double Value, long At) change) ? change.At : 0;

    // A gauge begins as 0: whoever has never said anything else has not set it.
    private void Note(MetricSample sample)
    {
        string key = KeyOf(sample);
        if (!_changes.TryGetValue(key, out (double Value, long At) known))
        {
            known = (0, 0);
        }

        _changes[key] = known.Value.Equals(sample.Value) ? known : (sample.Value, Interlocked.Increment(ref _lastChange));
    }

    private static string KeyOf(in MetricSample sample) => $"{sample.Name}{{{sample.Labels}";
}
