using System.IO.Pipelines;

namespace Hydra.Http;

/// <summary>
/// Ends a wait for a client that sends nothing. One wait at a time; the timer comes on a thread of the pool, and <c>_lock</c> keeps it from
/// ending a wait that is over already.
/// </summary>
/// <param name="limit">How long a wait may take.</param>
internal sealed class ReadClock(TimeSpan limit)
{
    private readonly Lock _lock = new();
    private Timer? _timer;
    private PipeReader? _reader;
    private bool _isOver;

    /// <summary>A wait begins.</summary>
    /// <param name="reader">Who waits: its pending read is cancelled when the time is over.</param>
    public void Start(PipeReader reader)
    {
        lock (_lock)
        {
            _reader = reader;
            _isOver = false;
            _timer ??= new Timer(static clock => ((ReadClock)clock!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
            _timer.Change(limit, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The wait has ended.</summary>
    /// <returns>Whether it took too long.</returns>
    public bool Stop()
    {
        lock (_lock)
        {
            _reader = null;
            _timer!.Change(Timeout.Infinite, Timeout.Infinite);
            return _isOver;
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_reader is null)
            {
                return;
            }

            _isOver = true;

            // Never goes on inside this call: what waits is Kestrel's or the loop's, which resume it on threads of their own.
            _reader.CancelPendingRead();
        }
    }
}
