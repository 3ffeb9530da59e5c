using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>What is counted of requests that the cache may answer. Any thread.</summary>
internal sealed class CacheMetrics
{
    private long _hits;
    private long _stale;
    private long _collapsed;
    private long _misses;
    private long _revalidated;
    private long _hidden;

    /// <summary>Says how many bytes are kept; null where there is no cache.</summary>
    public Func<long>? Used { get; set; }

    /// <summary>Answered with what was kept.</summary>
    public void AddHit() => Interlocked.Increment(ref _hits);

    /// <summary>Answered with what was stale, while a new one was fetched.</summary>
    public void AddStale() => Interlocked.Increment(ref _stale);

    /// <summary>Answered with what an equal request has fetched.</summary>
    public void AddCollapsed() => Interlocked.Increment(ref _collapsed);

    /// <summary>Answered with what was kept, of which the application has said that it is good yet.</summary>
    public void AddRevalidated() => Interlocked.Increment(ref _revalidated);

    /// <summary>Answered with what was stale in the place of a failure.</summary>
    public void AddHidden() => Interlocked.Increment(ref _hidden);

    /// <summary>Answered by a worker.</summary>
    public void AddMiss() => Interlocked.Increment(ref _misses);

    /// <summary>Writes the samples in the text format of Prometheus; none where there is no cache.</summary>
    public void Write(StringBuilder text)
    {
        if (Used is null)
        {
            return;
        }

        const string Requests = "hydra_cache_requests_total";
        PrometheusText.Head(text, Requests, "counter", "Requests that the cache was asked for, by what came of it.");
        text.Append(CultureInfo.InvariantCulture, $"{Requests}{{result=\"hit\"}} {Volatile.Read(ref _hits)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Requests}{{result=\"stale\"}} {Volatile.Read(ref _stale)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Requests}{{result=\"collapsed\"}} {Volatile.Read(ref _collapsed)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Requests}{{result=\"revalidated\"}} {Volatile.Read(ref _revalidated)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Requests}{{result=\"stale_if_error\"}} {Volatile.Read(ref _hidden)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Requests}{{result=\"miss\"}} {Volatile.Read(ref _misses)}\n");
        PrometheusText.Head(text, "hydra_cache_bytes", "gauge", "What the cache keeps.");
        text.Append(CultureInfo.InvariantCulture, $"hydra_cache_bytes {Used()}\n");
    }
}
