namespace Hydra.Diagnostics;

/// <summary>Counts requests. Any thread; those that add to different ones do not meet.</summary>
internal sealed class RequestTally
{
    /// <summary>The status of what became a session.</summary>
    public const int SwitchingProtocols = 101;

    // By the first digit of the status, from 1.
    private readonly long[] _byClass = new long[RequestMetrics.Classes];
    private readonly Histogram _duration = new();
    private readonly Histogram _queued = new();
    private readonly Histogram _firstByte = new();
    private readonly Histogram _worker = new();
    private long _bytes;

    /// <summary>Counts a request. How long one took that became a session says nothing of requests.</summary>
    public void Add(in RequestFigures request)
    {
        Interlocked.Increment(ref _byClass[Math.Clamp((request.Status / 100) - 1, 0, RequestMetrics.Classes - 1)]);
        if (request.Status != SwitchingProtocols)
        {
            _duration.Add(request.Duration);
        }

        _queued.Add(request.Queued);
        if (request.FirstByte is { } first)
        {
            _firstByte.Add(first);
        }

        if (request.Worker is { } worker)
        {
            _worker.Add(worker);
        }

        if (request.Bytes > 0)
        {
            Interlocked.Add(ref _bytes, request.Bytes);
        }
    }

    /// <summary>What was counted so far.</summary>
    public TallyCounts Read() => new(
        [.. Enumerable.Range(0, _byClass.Length).Select(i => Volatile.Read(ref _byClass[i]))],
        _duration.Read(),
        _queued.Read(),
        _firstByte.Read(),
        _worker.Read(),
        Volatile.Read(ref _bytes));
}

/// <summary>What a <see cref="RequestTally"/> has counted.</summary>
/// <param name="ByClass">Requests by the first digit of their status, from 1.</param>
/// <param name="Duration">How long they took.</param>
/// <param name="Queued">How long they waited.</param>
/// <param name="FirstByte">How long it took until their responses began.</param>
/// <param name="Worker">How long workers had them.</param>
/// <param name="Bytes">The bodies of their responses.</param>
internal sealed record TallyCounts(
    IReadOnlyList<long> ByClass, HistogramCounts Duration, HistogramCounts Queued, HistogramCounts FirstByte, HistogramCounts Worker, long Bytes)
{
    /// <summary>Both together.</summary>
    public static TallyCounts operator +(TallyCounts left, TallyCounts right) => new(
        [.. left.ByClass.Zip(right.ByClass, static (a, b) => a + b)],
        left.Duration + right.Duration,
        left.Queued + right.Queued,
        left.FirstByte + right.FirstByte,
        left.Worker + right.Worker,
        left.Bytes + right.Bytes);
}
