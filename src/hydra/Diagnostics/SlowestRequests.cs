namespace Hydra.Diagnostics;

/// <summary>A request that is over.</summary>
/// <param name="At">When it was, as a timestamp.</param>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path as the client sent it, without the query, cut where it is long.</param>
/// <param name="Status">What its client got.</param>
/// <param name="Elapsed">From its head to the end of the response.</param>
/// <param name="Queued">The part of it that it has waited for a worker.</param>
/// <param name="Worker">The number of its worker; -1 for none.</param>
internal sealed record SlowRequest(long At, string Method, string Path, int Status, TimeSpan Elapsed, TimeSpan Queued, int Worker);

/// <summary>
/// The slowest requests of the last minutes, one for each path, so that a path that is asked for often does not hide all others. Any thread. One that is
/// faster than all of them costs a comparison.
/// </summary>
/// <param name="span">How long one is remembered.</param>
/// <param name="time">The clock.</param>
internal sealed class SlowestRequests(TimeSpan span, TimeProvider time)
{
    /// <summary>So many are remembered.</summary>
    public const int Most = 10;

    private const int LongestPath = 200;

    private readonly Lock _lock = new();

    // The slowest first.
    private readonly List<SlowRequest> _slowest = [];

    // What one has to exceed, in ticks.
    private long _bound;

    /// <summary>A request is over.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="target">Its target as the client sent it.</param>
    /// <param name="status">What its client got.</param>
    /// <param name="elapsed">From its head to the end of the response.</param>
    /// <param name="queued">The part of it that it has waited for a worker.</param>
    /// <param name="worker">The number of its worker; -1 for none.</param>
    public void Add(string method, string target, int status, TimeSpan elapsed, TimeSpan queued, int worker)
    {
        if (elapsed.Ticks > Volatile.Read(ref _bound))
        {
            Keep(new SlowRequest(time.GetTimestamp(), method, PathOf(target), status, elapsed, queued, worker));
        }
    }

    /// <summary>They, the slowest first.</summary>
    public IReadOnlyList<SlowRequest> Read()
    {
        lock (_lock)
        {
            Forget();
            return [.. _slowest];
        }
    }

    private static string PathOf(string target)
    {
        int end = target.AsSpan().IndexOfAny('?', '#');
        string path = end < 0 ? target : target[..end];
        return path.Length > LongestPath ? path[..LongestPath] + "…" : path;
    }

    private void Keep(SlowRequest request)
    {
        lock (_lock)
        {
            Forget();
            int same = _slowest.FindIndex(other => other.Path == request.Path && other.Method == request.Method);
            if (same >= 0 && _slowest[same].Elapsed >= request.Elapsed)
            {
                return;
            }

            if (same >= 0)
            {
                _slowest.RemoveAt(same);
            }

            int at = _slowest.FindIndex(other => other.Elapsed < request.Elapsed);
            _slowest.Insert(at < 0 ? _slowest.Count : at, request);
            if (_slowest.Count > Most)
            {
                _slowest.RemoveAt(Most);
            }

            SetBound();
        }
    }

    // To be called with the lock.
    private void Forget()
    {
        if (_slowest.RemoveAll(one => time.GetElapsedTime(one.At) > span) > 0)
        {
            SetBound();
        }
    }

    private void SetBound() => Volatile.Write(ref _bound, _slowest.Count < Most ? -1 : _slowest[^1].Elapsed.Ticks);
}
