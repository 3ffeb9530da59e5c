namespace Hydra.Topics;

/// <summary>
/// The way to the subscribers of one event loop: on its thread, in the order in which messages were published, a few at a time, so that other
/// things of the loop have their turn. Any thread may add.
/// </summary>
/// <param name="post">Has something run on the lane's thread, soon, and never inside the caller.</param>
internal sealed class TopicLane(Action<IThreadPoolWorkItem> post) : IThreadPoolWorkItem
{
    // About half a millisecond.
    private const int MostAtATime = 128;

    private readonly Lock _lock = new();
    private readonly Queue<(Fanout Fanout, Subscription[] To)> _waiting = new();
    private bool _isPosted;

    // What is being delivered, and how far that is. The lane's thread alone.
    private Fanout? _fanout;
    private Subscription[] _to = [];
    private int _at;

    /// <summary>A message for these.</summary>
    public void Add(Fanout fanout, Subscription[] to)
    {
        lock (_lock)
        {
            _waiting.Enqueue((fanout, to));
            if (_isPosted)
            {
                return;
            }

            _isPosted = true;
        }

        post(this);
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        bool goesOn = true;
        try
        {
            goesOn = DeliverSome();
        }
        finally
        {
            if (goesOn)
            {
                post(this);
            }
        }
    }

    // Whether there may be more to do.
    private bool DeliverSome()
    {
        int left = MostAtATime;
        while (left > 0)
        {
            if (_fanout is null && !TryTakeNext())
            {
                return false;
            }

            TopicMessage message = _fanout!.Message;
            while (_at < _to.Length && left > 0)
            {
                left--;
                Subscription subscription = _to[_at++];
                if (!subscription.IsOver && message.IsFor(subscription))
                {
                    subscription.Target.Deliver(subscription, message);
                }
            }

            if (_at == _to.Length)
            {
                Fanout done = _fanout;
                _fanout = null;
                _to = [];
                done.OnLaneDone();
            }
        }

        return true;
    }

    private bool TryTakeNext()
    {
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out (Fanout Fanout, Subscription[] To) next))
            {
                _isPosted = false;
                return false;
            }

            (_fanout, _to) = next;
            _at = 0;
            return true;
        }
    }
}
