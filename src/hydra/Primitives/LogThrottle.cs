namespace Hydra.Primitives;

/// <summary>
/// For what anybody can have happen as fast as he likes: the first time is said at once, and what follows at most once in a while, with how
/// often it was. Any thread.
/// </summary>
/// <param name="pause">The least time between two lines.</param>
/// <param name="time">The clock.</param>
internal sealed class LogThrottle(TimeSpan pause, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long? _passedAt;
    private long _held;

    /// <summary>It has happened.</summary>
    /// <param name="others">How often it has happened since this was last true, this time not counted.</param>
    /// <returns>Whether it is to be said.</returns>
    public bool TryPass(out long others)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            others = _held;
            if (_passedAt is { } before && time.GetElapsedTime(before, now) < pause)
            {
                _held++;
                return false;
            }

            _passedAt = now;
            _held = 0;
            return true;
        }
    }
}
