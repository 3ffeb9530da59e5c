using Hydra.Diagnostics;
using Hydra.Edge;
using Hydra.Primitives;

namespace Hydra.Tests.Edge;

/// <summary>A clock that stands until the test moves it.</summary>
internal sealed class CacheTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;

    /// <summary>A cache as the server puts it together.</summary>
    public static CachePart Part(
        CacheTime time, CacheMetrics? metrics, long capacity = 1_000_000, CompressionRules? rules = null, IReadOnlyList<string>? toldBy = null, bool ignoresClients = false,
        MemoryBudget? memory = null)
    {
        var cache = new ResponseCache(capacity, Math.Min(capacity, 8_000), time, memory);
        metrics?.Used = () => cache.Used;
        var flights = new CacheFlights(time);
        var answer = new CacheAnswer(cache, rules);
        return new CachePart(cache, flights, answer, new CacheRefresh(cache, flights, answer, TimeProvider.System), metrics) { ToldBy = toldBy ?? [], IgnoresClients = ignoresClients };
    }
}
