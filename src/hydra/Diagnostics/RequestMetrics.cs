using System.Numerics;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>What is counted of requests. Any thread.</summary>
internal sealed class RequestMetrics
{
    /// <summary>The classes of a status, 1xx to 5xx.</summary>
    public const int Classes = 5;

    // Threads that count at the same time write to different lines of the processors' caches, as far as there are so many.
    private const int MostStripes = 16;

    private readonly IReadOnlyList<string> _failures;
    private readonly IReadOnlyList<string> _pools;
    private readonly long[] _byFailure;

    // For each application, and behind them for what was for none, a stripe for each of the threads.
    private readonly RequestTally[][] _tallies;
    private readonly int _stripeMask;

    /// <summary>Begins to count.</summary>
    /// <param name="failures">What the failures are called that can be counted, by their number; 0 is none.</param>
    /// <param name="pools">The applications, by their numbers, where requests are counted for each; null where there is one.</param>
    public RequestMetrics(IReadOnlyList<string> failures, IReadOnlyList<string>? pools = null)
    {
        _failures = failures;
        _pools = pools ?? [];
        _byFailure = new long[failures.Count];
        _stripeMask = (int)Math.Min(MostStripes, BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount)) - 1;
        _tallies = [.. Enumerable.Range(0, _pools.Count + 1).Select(_ => Enumerable.Range(0, _stripeMask + 1).Select(static _ => new RequestTally()).ToArray())];
    }

    /// <summary>Hears of each request as well; null for nobody.</summary>
    public StatsdCounts? Statsd { get; init; }

    /// <summary>What is counted of sessions.</summary>
    public SessionMetrics Sessions { get; } = new();

    /// <summary>What is counted of compression.</summary>
    public CodingMetrics Coding { get; } = new();

    /// <summary>What is counted of the cache.</summary>
    public CacheMetrics Cache { get; } = new();

    /// <summary>What is counted of traces.</summary>
    public TraceMetrics Traces { get; } = new();

    /// <summary>Counts a request that is over. How long one took that became a session says nothing of requests.</summary>
    public void Add(in RequestFigures request)
    {
        int pool = (uint)request.Pool < (uint)_pools.Count ? request.Pool : _pools.Count;
        _tallies[pool][Environment.CurrentManagedThreadId & _stripeMask].Add(request);
        Statsd?.Add(request.Status, request.Status != RequestTally.SwitchingProtocols ? request.Duration : null);
    }

    /// <summary>Counts a request that got no answer from its application, or not all of it, by the number of the failure.</summary>
    public void AddFailure(int failure) => Interlocked.Increment(ref _byFailure[failure]);

    /// <summary>What was counted so far.</summary>
    public RequestCounts Read()
    {
        TallyCounts all = Enumerable.Range(0, _tallies.Length).Select(ReadPool).Aggregate(static (a, b) => a + b);
        return new RequestCounts(all.ByClass, all.Duration);
    }

    /// <summary>The failures that there were, by name.</summary>
    public IReadOnlyDictionary<string, long> ReadFailures()
        => Enumerable.Range(1, _failures.Count - 1).Select(i => (Name: _failures[i], Count: Volatile.Read(ref _byFailure[i])))
            .Where(static one => one.Count > 0).ToDictionary(static one => one.Name, static one => one.Count, StringComparer.Ordinal);

    /// <summary>Writes the samples in the text format of Prometheus.</summary>
    public void Write(StringBuilder text)
    {
        (string? Pool, TallyCounts Counts)[] pools = [.. Enumerable.Range(0, _tallies.Length).Select(i => (i < _pools.Count ? _pools[i] : null, ReadPool(i)))];
        PrometheusText.Head(text, "hydra_requests_total", "counter", "Requests that are over, by the class of their status.");
        foreach ((string? pool, TallyCounts counts) in pools)
        {
            for (int i = 0; i < Classes; i++)
            {
                PrometheusText.Sample(text, "hydra_requests_total", counts.ByClass[i], [.. Label(pool), ("status", $"{i + 1}xx")]);
            }
        }

        PrometheusText.Head(text, "hydra_failures_total", "counter", "Requests without a complete answer of an application, by what has failed.");
        for (int i = 1; i < _failures.Count; i++)
        {
            PrometheusText.Sample(text, "hydra_failures_total", Volatile.Read(ref _byFailure[i]), ("reason", _failures[i]));
        }

        Write(text, pools, "hydra_request_duration_seconds", "From a request's head to the end of its response.", static counts => counts.Duration);
        Write(text, pools, "hydra_request_queue_seconds", "How long requests have waited for a worker.", static counts => counts.Queued);
        Write(text, pools, "hydra_request_first_byte_seconds", "From a request's head to that of a worker's response.", static counts => counts.FirstByte);
        Write(text, pools, "hydra_request_worker_seconds", "From when a worker got a request until all of its response had come.", static counts => counts.Worker);
        PrometheusText.Head(text, "hydra_response_body_bytes_total", "counter", "The bodies of responses, as clients got them or applications gave them.");
        foreach ((string? pool, TallyCounts counts) in pools)
        {
            PrometheusText.Sample(text, "hydra_response_body_bytes_total", counts.Bytes, Label(pool));
        }

        Sessions.Write(text);
        Coding.Write(text);
        Cache.Write(text);
        Traces.Write(text);
    }

    private static void Write(StringBuilder text, (string? Pool, TallyCounts Counts)[] pools, string name, string help, Func<TallyCounts, HistogramCounts> histogram)
    {
        PrometheusText.Head(text, name, "histogram", help);
        foreach ((string? pool, TallyCounts counts) in pools)
        {
            Histogram.Write(text, name, histogram(counts), Label(pool));
        }
    }

    private static (string Name, string Value)[] Label(string? pool) => pool is null ? [] : [("pool", pool)];

    private TallyCounts ReadPool(int index) => _tallies[index].Select(static tally => tally.Read()).Aggregate(static (a, b) => a + b);
}
