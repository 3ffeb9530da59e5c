namespace Hydra.Diagnostics;

/// <summary>What was counted of requests since it was last taken.</summary>
internal sealed class StatsdInterval
{
    /// <summary>So many durations are kept; of more, a fair choice.</summary>
    public const int MostDurations = 512;

    private readonly SortedDictionary<int, long> _byStatus = [];
    private readonly List<double> _milliseconds = [];

    /// <summary>Requests that are over, by the status that their clients got.</summary>
    public IReadOnlyDictionary<int, long> ByStatus => _byStatus;

    /// <summary>Durations in milliseconds.</summary>
    public IReadOnlyList<double> Milliseconds => _milliseconds;

    /// <summary>How many durations there were.</summary>
    public long Durations { get; private set; }

    /// <summary>Counts a request.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="duration">How long it took; null where that is no request's.</param>
    public void Add(int status, TimeSpan? duration)
    {
        _byStatus[status] = _byStatus.GetValueOrDefault(status) + 1;
        if (duration is not { } time)
        {
            return;
        }

        Durations++;
        if (_milliseconds.Count < MostDurations)
        {
            _milliseconds.Add(time.TotalMilliseconds);
        }
        else if (Random.Shared.NextInt64(Durations) is < MostDurations and var place)
        {
            _milliseconds[(int)place] = time.TotalMilliseconds;
        }
    }
}

/// <summary>What a statsd daemon is to hear of requests, gathered between two messages. Any thread.</summary>
internal sealed class StatsdCounts
{
    private readonly Lock _gate = new();
    private StatsdInterval _interval = new();

    /// <summary>Counts a request that is over.</summary>
    /// <inheritdoc cref="StatsdInterval.Add"/>
    public void Add(int status, TimeSpan? duration)
    {
        lock (_gate)
        {
            _interval.Add(status, duration);
        }
    }

    /// <summary>Takes what was counted since the last time.</summary>
    public StatsdInterval Take()
    {
        lock (_gate)
        {
            StatsdInterval interval = _interval;
            _interval = new StatsdInterval();
            return interval;
        }
    }
}
