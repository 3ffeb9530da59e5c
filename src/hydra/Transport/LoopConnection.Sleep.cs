namespace Hydra.Transport;

/// <content>How a connection on which nothing happens gives up what it has (<see cref="Hibernator"/>). The loop's thread only.</content>
internal sealed partial class LoopConnection
{
    /// <summary>As often a connection is found without an event before it may sleep.</summary>
    public const int LooksUntilSleep = 2;

    private readonly LoopListener? _listener;
    private byte _quietLooks;
    private bool _fallsAsleep;
    private int _isArriving;

    /// <summary>The listener hands the connection to Kestrel; until it is watched nobody knows of it.</summary>
    public void Arrive()
    {
        _isArriving = 1;
        _group.OnArriving();
    }

    /// <summary>
    /// Falls asleep when it waits for a request of which nothing has come, and has done so for some looks. Kestrel is told that the client has
    /// ended, finds nothing left to do, and disposes the connection.
    /// </summary>
    /// <returns>Whether it does.</returns>
    public bool FallAsleepIfIdle()
    {
        if (++_quietLooks < LooksUntilSleep)
        {
            return false;
        }

        _quietLooks = 0;
        if (_listener is { IsClosing: false } && RunInline && !_closed && !_disposing && !_outputEnds && !PeerFinished
            && _abortReason is null && Volatile.Read(ref _registered) != 0 && Volatile.Read(ref _asked) == 0
            && _input.IsBetweenRequests && _output.IsAtRest)
        {
            _fallsAsleep = true;
            _input.EndForSleep();
        }

        return _fallsAsleep;
    }

    // Whether the descriptor has gone to the hibernator. Kestrel is through with the connection.
    private bool TrySleep()
    {
        if (!_fallsAsleep || _closed || _abortReason is not null || _listener is not { IsClosing: false } listener)
        {
            return false;
        }

        _closed = true;
        _output.Kill();
        Loop.Hibernator.TakeOver(this, listener);
        _disposed?.TrySetResult();
        return true;
    }

    private void EndArrival()
    {
        if (Interlocked.Exchange(ref _isArriving, 0) != 0)
        {
            _group.OnArrived();
        }
    }
}
