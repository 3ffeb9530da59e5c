using System.Diagnostics;

namespace Hydra.Transport;

/// <summary>
/// Whether a loop looks for the next event without going to sleep: for a while after each, where there are few. To wake a thread takes longer than a
/// short request does. The loop's thread only.
/// </summary>
/// <param name="time">How long; zero: not at all.</param>
internal sealed class BusyPoll(TimeSpan time)
{
    /// <summary>With more events than these in a tick the loop finds something without waiting for it, and the processor is somebody else's.</summary>
    public const int Few = 2;

    private readonly long _ticks = (long)(time.TotalSeconds * Stopwatch.Frequency);
    private long _until;

    /// <summary>Whether it is to look once more.</summary>
    public bool GoesOn => _until != 0 && Stopwatch.GetTimestamp() < _until;

    /// <summary>The loop has looked, and found so many events.</summary>
    public void OnEvents(int count)
    {
        if (_ticks > 0 && count > 0)
        {
            _until = count <= Few ? Stopwatch.GetTimestamp() + _ticks : 0;
        }
    }
}
