namespace Hydra.Http;

/// <summary>
/// A session's time: asks its client now and then whether it is there (RFC 6455, section 5.5.2), and does not wait for ever for the answer to a
/// close. Whatever comes from the client, and whatever it takes, counts as the answer. A client that is not read, because its application takes
/// nothing, owes none. Any thread.
/// </summary>
internal sealed class SessionTimer : IDisposable
{
    private readonly SessionInput _input;
    private readonly SessionWire _wire;
    private readonly SessionBounds _bounds;
    private readonly Action _expired;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private bool _isClosing;
    private bool _isDisposed;
    private bool _isAsked;
    private int _heard;

    /// <summary>Begins to ask.</summary>
    /// <param name="input">What the client sends.</param>
    /// <param name="wire">What it is sent.</param>
    /// <param name="bounds">How often, and how long.</param>
    /// <param name="expired">The client is not waited for any more.</param>
    public SessionTimer(SessionInput input, SessionWire wire, SessionBounds bounds, Action expired)
    {
        _input = input;
        _wire = wire;
        _bounds = bounds;
        _expired = expired;
        _timer = new Timer(static state => ((SessionTimer)state!).OnDue(), this, Timeout.Infinite, Timeout.Infinite);
        Start(bounds.PingInterval);
    }

    /// <summary>A close was sent, or is to be: the client has its time to answer.</summary>
    public void BeginClosing()
    {
        lock (_lock)
        {
            if (!_isClosing)
            {
                _isClosing = true;
                Start(_bounds.CloseTimeout);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer.Dispose();
        }
    }

    private void Start(TimeSpan time)
    {
        if (!_isDisposed)
        {
            _timer.Change(time > TimeSpan.Zero ? time : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnDue()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            int heard = unchecked(_input.Heard + _wire.Taken);
            if (!_isClosing && (!_isAsked || heard != _heard || _input.IsWaiting))
            {
                Ask(heard);
                return;
            }
        }

        _expired();
    }

    // The next question, or, where the last one was answered before its time was over, a pause until then.
    private void Ask(int heard)
    {
        if (_isAsked)
        {
            _isAsked = false;
            Start(_bounds.PingInterval);
            return;
        }

        _heard = heard;
        _isAsked = _bounds.PingTimeout > TimeSpan.Zero;
        Start(_isAsked ? _bounds.PingTimeout : _bounds.PingInterval);
        if (_wire.TrySend(SessionFrame.Final | SessionFrame.Ping, [], out ValueTask sent))
        {
            Forget(sent);
        }
    }

    private static async void Forget(ValueTask sent)
    {
        try
        {
            await sent.ConfigureAwait(false);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // Who reads hears of it as well.
        }
    }
}
