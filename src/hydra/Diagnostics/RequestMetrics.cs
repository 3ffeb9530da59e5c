using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>What is counted of requests. Any thread.</summary>
internal sealed class RequestMetrics
{
    private const int Classes = 5;

    // By the first digit of the status, from 1.
    private readonly long[] _byClass = new long[Classes];
    private readonly Histogram _duration = new();
    private readonly Histogram _queued = new();

    /// <summary>Counts a request that is over.</summary>
    /// <param name="status">The status that its client got.</param>
    /// <param name="duration">From the request's head to the end of the response.</param>
    /// <param name="queued">The part of it that the request has waited for a worker.</param>
    public void Add(int status, TimeSpan duration, TimeSpan queued)
    {
        Interlocked.Increment(ref _byClass[Math.Clamp((status / 100) - 1, 0, Classes - 1)]);
        _duration.Add(duration);
        _queued.Add(queued);
    }

    /// <summary>Writes the samples in the text format of Prometheus.</summary>
    public void Write(StringBuilder text)
    {
        PrometheusText.Head(text, "hydra_requests_total", "counter", "Requests that are over, by the class of their status.");
        for (int i = 0; i < Classes; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"hydra_requests_total{{status=\"{i + 1}xx\"}} {Volatile.Read(ref _byClass[i])}\n");
        }

        PrometheusText.Head(text, "hydra_request_duration_seconds", "histogram", "From a request's head to the end of its response.");
        _duration.Write(text, "hydra_request_duration_seconds");
        PrometheusText.Head(text, "hydra_request_queue_seconds", "histogram", "How long requests have waited for a worker.");
        _queued.Write(text, "hydra_request_queue_seconds");
    }
}
