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
            if (family.Mode is GaugeMode.MostRecent)
            {
                family.Samples.ForEach(Note);
            }
        }
    }

    /// <summary>When a sample has changed, by a number that grows; 0 where that is not known.</summary>
    public long ChangedAt(in MetricSample sample) => _changes.TryGetValue(KeyOf(sample), out (double Value, long At) change) ? change.At : 0;

    private void Note(MetricSample sample)
    {
        string key = KeyOf(sample);
        if (!_changes.TryGetValue(key, out (double Value, long At) known) || !known.Value.Equals(sample.Value))
        {
            _changes[key] = (sample.Value, Interlocked.Increment(ref _lastChange));
        }
    }

    private static string KeyOf(in MetricSample sample) => $"{sample.Name}{{{sample.Labels}";
}
