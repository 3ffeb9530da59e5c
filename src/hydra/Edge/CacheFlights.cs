namespace Hydra.Edge;

/// <summary>
/// Which responses are being fetched, so that equal requests wait for one (single flight), and which have turned out to be nothing to wait
/// for. Any thread; a lock guards all of it.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class CacheFlights(TimeProvider time)
{
    // How long nobody waits for what could not be kept: its requests go side by side, as without a cache.
    private static readonly TimeSpan PassTime = TimeSpan.FromSeconds(10);

    // Keys. There is no end of those that clients can make up.
    private const int MostPassing = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, CacheFlight> _flights = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _passing = new(StringComparer.Ordinal);

    /// <summary>Joins the flight for a key, or begins one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="generation">The key's generation in the cache: a flight of an older one brings what is not good any more, and is not joined.</param>
    /// <param name="leads">Whether the caller is to fetch it, and to end the flight.</param>
    /// <returns>The flight; null where nobody is to wait, and nobody leads.</returns>
    public CacheFlight? Join(string key, int generation, out bool leads)
    {
        leads = false;
        lock (_lock)
        {
            if (_flights.TryGetValue(key, out CacheFlight? flight) && flight.Generation == generation)
            {
                return flight;
            }

            if (_passing.TryGetValue(key, out DateTimeOffset until))
            {
                if (time.GetUtcNow() < until)
                {
                    return null;
                }

                _passing.Remove(key);
            }

            leads = true;
            flight = new CacheFlight(key, generation);
            _flights[key] = flight;
            return flight;
        }
    }

    /// <summary>Begins a flight for which nobody waits but who cannot use what is stale; null where there is one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="generation">The key's generation in the cache.</param>
    public CacheFlight? Lead(string key, int generation)
    {
        lock (_lock)
        {
            return _flights.TryGetValue(key, out CacheFlight? present) && present.Generation == generation ? null : _flights[key] = new CacheFlight(key, generation);
        }
    }

    /// <summary>Who leads a flight is through: where it has not ended, one of those who wait is to lead.</summary>
    public void Lose(CacheFlight? flight)
    {
        if (flight is { Result.IsCompleted: false })
        {
            flight.IsLost = true;
            End(flight, null);
        }
    }

    /// <summary>Ends a flight: who waits gets the response, or where there is none goes on by itself. Further calls do nothing.</summary>
    /// <param name="flight">The flight; null does nothing.</param>
    /// <param name="response">What was kept; null where nothing was.</param>
    /// <param name="passes">Whether there is nothing to wait for the next time either.</param>
    public void End(CacheFlight? flight, CachedResponse? response, bool passes = false)
    {
        if (flight is null)
        {
            return;
        }

        lock (_lock)
        {
            if (_flights.TryGetValue(flight.Key, out CacheFlight? current) && current == flight)
            {
                _flights.Remove(flight.Key);
            }

            if (passes)
            {
                if (_passing.Count >= MostPassing)
                {
                    _passing.Clear();
                }

                _passing[flight.Key] = time.GetUtcNow() + PassTime;
            }
        }

        flight.Finish(response);
    }
}

/// <summary>A response that is being fetched.</summary>
/// <param name="key">What it is for.</param>
/// <param name="generation">The generation of that in the cache when it began.</param>
internal sealed class CacheFlight(string key, int generation)
{
    // Who waits goes on by a thread of its own: the one that ends a flight is a link's.
    private readonly TaskCompletionSource<CachedResponse?> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it is for.</summary>
    public string Key => key;

    /// <summary>The generation of that in the cache when it began.</summary>
    public int Generation => generation;

    /// <summary>Its leader has got no answer that says whether there is something to wait for. To be read behind <see cref="Result"/>.</summary>
    public bool IsLost { get; set; }

    /// <summary>What came of it; null when nothing that others could use.</summary>
    public Task<CachedResponse?> Result => _result.Task;

    /// <summary>It is over. <see cref="CacheFlights"/> alone calls it.</summary>
    public void Finish(CachedResponse? response) => _result.TrySetResult(response);
}
