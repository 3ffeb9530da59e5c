namespace Hydra.Http;

/// <summary>So many at once, and so many a second from then on. For one thread at a time.</summary>
/// <param name="burst">So many at once.</param>
/// <param name="rate">So many a second.</param>
/// <param name="time">The clock.</param>
internal sealed class FrameBudget(int burst, int rate, TimeProvider time)
{
    private long _since = time.GetTimestamp();
    private double _left = burst;

    /// <summary>One more has come.</summary>
    /// <returns>Whether it may.</returns>
    public bool TryTake()
    {
        if (_left < 1)
        {
            long now = time.GetTimestamp();
            _left = Math.Min(burst, _left + (time.GetElapsedTime(_since, now).TotalSeconds * rate));
            _since = now;
        }

        if (_left < 1)
        {
            return false;
        }

        _left--;
        return true;
    }
}
