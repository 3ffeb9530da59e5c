namespace Hydra.Hosting;

/// <summary>
/// Decides when memory that a wave of clients has left behind is given back to the system. That stops all threads for some milliseconds, so it
/// is done when clients have let go of nearly all, and more and more seldom where it turns out to be needed again. One thread at a time.
/// </summary>
internal sealed class MemoryTrim
{
    /// <summary>How often to look.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // A process at work has so much; less is not worth a stop.
    private const long Modest = 64 * 1024 * 1024;

    // The most looks that a trim is put off.
    private const int LongestPause = 128;

    private long _resting;
    private int _pause = 1;
    private int _wait = 1;
    private bool _goesOn;

    /// <summary>A look. After true the caller trims, and says what came of it with <see cref="Done"/>.</summary>
    /// <param name="workingSet">Bytes of memory that the process has.</param>
    /// <param name="held">Bytes that clients have it hold.</param>
    public bool IsDue(long workingSet, long held)
    {
        if (workingSet < Modest || held > workingSet / 4)
        {
            return false;
        }

        // What pools keep is let go of in steps.
        if (_goesOn)
        {
            return true;
        }

        if (workingSet < _resting + (_resting / 2))
        {
            // It is as it was: the next wave finds a trim that is ready.
            _pause = Math.Max(1, _pause / 2);
            _wait = 1;
            return false;
        }

        return --_wait < 0;
    }

    /// <summary>It was trimmed.</summary>
    /// <param name="before">Bytes of memory that the process had.</param>
    /// <param name="after">Bytes that it has now.</param>
    public void Done(long before, long after)
    {
        _goesOn = after < before - (before / 10);
        _resting = after;
        if (!_goesOn)
        {
            _pause = Math.Min(LongestPause, _pause * 2);
            _wait = _pause;
        }
    }
}
