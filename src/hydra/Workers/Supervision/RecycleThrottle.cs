namespace Hydra.Workers.Supervision;

/// <summary>
/// Bounds what replacing old workers costs: starting Python and loading an application takes processor time that requests need. After a
/// start that took S, the next one waits 9 × S: at most a tenth of the time a worker is being started because of its age. Memory is more
/// urgent; there it is a quarter. For the supervisor's queue alone.
/// </summary>
internal sealed class RecycleThrottle
{
    private const double Share = 0.1;
    private const double MemoryShare = 0.25;

    private TimeSpan _endedAt;
    private TimeSpan _took;

    /// <summary>A replacement has got ready, or failed.</summary>
    /// <param name="now">When.</param>
    /// <param name="took">How long its start took.</param>
    public void OnEnded(TimeSpan now, TimeSpan took)
    {
        _endedAt = now;
        _took = took;
    }

    /// <summary>Whether a worker may be replaced now.</summary>
    public bool Allows(RetireReason reason, TimeSpan now) => now >= From(reason);

    /// <summary>When a worker may be replaced.</summary>
    public TimeSpan From(RetireReason reason)
    {
        double share = reason is RetireReason.MaxRss ? MemoryShare : Share;
        return _endedAt + (_took * ((1 / share) - 1));
    }
}
