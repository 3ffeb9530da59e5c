namespace Hydra.Transport;

/// <summary>What a loop has to call after a while. Times are milliseconds on the clock of <see cref="Environment.TickCount64"/>. The loop's thread only.</summary>
internal sealed class LoopTimers(LoopFaults faults)
{
    // Then it looks again, and finds nothing due.
    private const int LongestWait = 60_000;

    private readonly PriorityQueue<ILoopTimer, long> _timers = new();

    /// <summary>Whether there is none: then nobody need ask the clock.</summary>
    public bool IsEmpty => _timers.Count == 0;

    /// <summary>Calls a timer when the time has come, once.</summary>
    public void Add(ILoopTimer timer, long due) => _timers.Enqueue(timer, due);

    /// <summary>How many milliseconds the loop may sleep. There must be a timer.</summary>
    public int TimeLeft(long now)
    {
        _timers.TryPeek(out _, out long due);
        return (int)Math.Clamp(due - now, 0, LongestWait);
    }

    /// <summary>Calls the timers whose time has come, the earliest first.</summary>
    public void RunDue(long now)
    {
        while (_timers.TryPeek(out ILoopTimer? timer, out long due) && due <= now)
        {
            _timers.Dequeue();
            try
            {
                timer.OnTimer();
            }
            catch (Exception e)
            {
                faults.Report(timer, e);
            }
        }
    }
}
