namespace Hydra.Dashboard;

/// <summary>The last samples: a ring of fixed size. Any thread.</summary>
/// <param name="capacity">So many are kept.</param>
internal sealed class History(int capacity)
{
    private readonly Lock _lock = new();
    private readonly HistorySample[] _samples = new HistorySample[capacity];
    private long _last;

    /// <summary>Keeps a sample, in the place of the oldest where there is no room.</summary>
    /// <returns>Its number.</returns>
    public long Add(HistorySample sample)
    {
        lock (_lock)
        {
            _last++;
            _samples[_last % capacity] = sample with { Number = _last };
            return _last;
        }
    }

    /// <summary>What is kept of what came after a sample, the oldest first.</summary>
    /// <param name="after">The number of that sample; 0 for all. One that has not been yet, as of a server before this one, counts as 0.</param>
    public IReadOnlyList<HistorySample> Read(long after)
    {
        lock (_lock)
        {
            long first = Math.Max(after < 0 || after > _last ? 0 : after, _last - capacity) + 1;
            var found = new HistorySample[_last - first + 1];
            for (int i = 0; i < found.Length; i++)
            {
                found[i] = _samples[(first + i) % capacity];
            }

            return found;
        }
    }
}
