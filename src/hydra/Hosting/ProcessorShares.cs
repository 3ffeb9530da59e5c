namespace Hydra.Hosting;

/// <summary>How much of a processor processes use, over some seconds. Any thread.</summary>
/// <param name="span">How far back.</param>
/// <param name="time">The clock.</param>
internal sealed class ProcessorShares(TimeSpan span, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long At, Dictionary<int, TimeSpan> Used)> _samples = new();

    /// <summary>Remembers what processes have used so far. To be called at a steady interval that is a part of the span.</summary>
    /// <param name="pids">The processes.</param>
    /// <param name="used">The processor time that one has used; null where it has ended.</param>
    public void Add(IReadOnlyList<int> pids, Func<int, TimeSpan?> used)
    {
        var sample = new Dictionary<int, TimeSpan>();
        foreach (int pid in pids)
        {
            if (used(pid) is { } so)
            {
                sample[pid] = so;
            }
        }

        long now = time.GetTimestamp();
        lock (_lock)
        {
            while (_samples.TryPeek(out (long At, Dictionary<int, TimeSpan> Used) oldest) && time.GetElapsedTime(oldest.At, now) > span)
            {
                _samples.Dequeue();
            }

            _samples.Enqueue((now, sample));
        }
    }

    /// <summary>What some processes have used together between the last two samples: 1 is all of one processor.</summary>
    /// <param name="pids">The processes.</param>
    /// <returns>Null where none of them is in both.</returns>
    public double? Latest(IEnumerable<int> pids)
    {
        lock (_lock)
        {
            if (_samples.Count < 2)
            {
                return null;
            }

            (long beforeAt, Dictionary<int, TimeSpan> before) = _samples.ElementAt(_samples.Count - 2);
            (long lastAt, Dictionary<int, TimeSpan> last) = _samples.ElementAt(_samples.Count - 1);
            int[] known = [.. pids.Where(pid => before.ContainsKey(pid) && last.ContainsKey(pid))];
            double seconds = Math.Max(time.GetElapsedTime(beforeAt, lastAt).TotalSeconds, 0.001);
            return known.Length == 0 ? null : Math.Max(0, known.Sum(pid => (last[pid] - before[pid]).TotalSeconds) / seconds);
        }
    }

    /// <summary>What a process has used since the oldest sample that knows it: 1 is all of one processor.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="now">What it has used so far.</param>
    /// <returns>Null where it is not known long enough.</returns>
    public double? Read(int pid, TimeSpan now)
    {
        lock (_lock)
        {
            foreach ((long at, Dictionary<int, TimeSpan> used) in _samples)
            {
                TimeSpan since = time.GetElapsedTime(at);
                if (used.TryGetValue(pid, out TimeSpan before))
                {
                    return since < TimeSpan.FromSeconds(0.2) ? null : Math.Max(0, (now - before) / since);
                }
            }

            return null;
        }
    }
}
