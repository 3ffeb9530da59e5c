using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>What is counted of requests. Any thread.</summary>
/// <param name="failures">What the failures are called that can be counted, by their number; 0 is none.</param>
internal sealed class RequestMetrics(IReadOnlyList<string> failures)
{
    private const int Classes = 5;
    private const int SwitchingProtocols = 101;

    // By the first digit of the status, from 1.
    private readonly long[] _byClass = new long[Classes];
    private readonly long[] _byFailure = new long[failures.Count];
    private readonly Histogram _duration = new();
    private readonly Histogram _queued = new();

    /// <summary>Hears of each request as well; null for nobody.</summary>
    public StatsdCounts? Statsd { get; init; }

    /// <summary>What is counted of sessions.</summary>
    public SessionMetrics Sessions { get; } = new();

    /// <summary>What is counted of compression.</summary>
    public CodingMetrics Coding { get; } = new();

    /// <summary>What is counted of the cache.</summary>
    public CacheMetrics Cache { get; } = new();

    /// <summary>Counts a request that is over. How long one took that became a session says nothing of requests.</summary>
    /// <param name="status">The status that its client got.</param>
    /// <param name="duration">From the request's head to the end of the response.</param>
    /// <param name="queued">The part of it that the request has waited for a worker.</param>
    public void Add(int status, TimeSpan duration, TimeSpan queued)
    {
        Interlocked.Increment(ref _byClass[Math.Clamp((status / 100) - 1, 0, Classes - 1)]);
        if (status != SwitchingProtocols)
        {
            _duration.Add(duration);
        }

        _queued.Add(queued);
        Statsd?.Add(status, status != SwitchingProtocols ? duration : null);
    }

    /// <summary>Counts a request that got no answer from its application, or not all of it, by the number of the failure.</summary>
    public void AddFailure(int failure) => Interlocked.Increment(ref _byFailure[failure]);

    /// <summary>What was counted so far.</summary>
    public RequestCounts Read() => new([.. Enumerable.Range(0, Classes).Select(i => Volatile.Read(ref _byClass[i]))], _duration.Counts());

    /// <summary>The failures that there were, by name.</summary>
    public IReadOnlyDictionary<string, long> ReadFailures()
        => Enumerable.Range(1, failures.Count - 1).Select(i => (Name: failures[i], Count: Volatile.Read(ref _byFailure[i])))
            .Where(static one => one.Count > 0).ToDictionary(static one => one.Name, static one => one.Count, StringComparer.Ordinal);

    /// <summary>Writes the samples in the text format of Prometheus.</summary>
    public void Write(StringBuilder text)
    {
        PrometheusText.Head(text, "hydra_requests_total", "counter", "Requests that are over, by the class of their status.");
        for (int i = 0; i < Classes; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"hydra_requests_total{{status=\"{i + 1}xx\"}} {Volatile.Read(ref _byClass[i])}\n");
        }

        PrometheusText.Head(text, "hydra_failures_total", "counter", "Requests without a complete answer of an application, by what has failed.");
        for (int i = 1; i < failures.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"hydra_failures_total{{reason=\"{failures[i]}\"}} {Volatile.Read(ref _byFailure[i])}\n");
        }

        PrometheusText.Head(text, "hydra_request_duration_seconds", "histogram", "From a request's head to the end of its response.");
        _duration.Write(text, "hydra_request_duration_seconds");
        PrometheusText.Head(text, "hydra_request_queue_seconds", "histogram", "How long requests have waited for a worker.");
        _queued.Write(text, "hydra_request_queue_seconds");
        Sessions.Write(text);
        Coding.Write(text);
        Cache.Write(text);
    }
}
