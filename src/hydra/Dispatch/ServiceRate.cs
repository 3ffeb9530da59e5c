namespace Hydra.Dispatch;

/// <summary>
/// How many requests per second are served while others wait. Counting is one addition, from any thread; samples are taken by the
/// queue's timer and whoever refuses, under the dispatcher's gate.
/// </summary>
internal sealed class ServiceRate
{
    // Ten samples, half a second apart: the rate of the last five seconds.
    private const int Samples = 10;
    private const double Interval = 0.5;

    // Nobody is sent away for longer, nor for less.
    private const int Longest = 60;
    private const int Shortest = 1;

    private readonly (double Time, long Total)[] _samples = new (double, long)[Samples];
    private int _count;
    private int _newest = -1;
    private long _total;

    /// <summary>So many responses were completed.</summary>
    public void Add(int completed) => Interlocked.Add(ref _total, completed);

    /// <summary>Forgets what was measured: the queue has been empty, and the rate then was that of the demand.</summary>
    /// <param name="now">Seconds of any clock that never goes back.</param>
    public void Restart(double now)
    {
        _count = 0;
        _newest = -1;
        Sample(now);
    }

    /// <summary>Takes a sample if the last one is old enough.</summary>
    public void Sample(double now)
    {
        if (_count > 0 && now - _samples[_newest].Time < Interval)
        {
            return;
        }

        _newest = (_newest + 1) % Samples;
        _count = Math.Min(_count + 1, Samples);
        _samples[_newest] = (now, Volatile.Read(ref _total));
    }

    /// <summary>Seconds after which so many waiting requests will have been served, rounded up.</summary>
    public int RetryAfter(int waiting, double now)
    {
        (double time, long total) = _count == 0 ? (now, 0) : _samples[(_newest - _count + 1 + Samples) % Samples];
        long served = Volatile.Read(ref _total) - total;
        double elapsed = now - time;
        if (served <= 0)
        {
            // Nothing is known yet, or nothing is served at all.
            return elapsed < Interval ? Shortest : Longest;
        }

        return (int)Math.Clamp(Math.Ceiling(waiting * elapsed / served), Shortest, Longest);
    }
}
