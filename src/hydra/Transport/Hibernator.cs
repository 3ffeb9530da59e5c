using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// Looks after a loop's connections that wait for their next request: after a few seconds Kestrel is told that such a client has left, which
/// frees what it keeps for the connection, and the descriptor alone is watched (<see cref="HibernatedConnection"/>). Where there are few
/// connections nothing is to be won, and nothing is done. The loop's thread only, except where it says otherwise.
/// </summary>
internal sealed class Hibernator(EventLoop loop, EventLoopGroup group) : ILoopTimer, IThreadPoolWorkItem
{
    // Kestrel takes some 10 µs to let go of one: then the others get their turn.
    private const int MostInATick = 64;

    // In the order of their deadlines: all wait equally long.
    private readonly LinkedList<HibernatedConnection> _asleep = [];

    // Kestrel was told that they have ended, and is not through with them yet.
    private readonly HashSet<LoopConnection> _falling = [];

    // Wait for all connections of closing listeners to be awake. Any thread, under the lock of the list; those that the loop has heard of.
    private readonly List<TaskCompletionSource> _wakers = [];
    private readonly List<TaskCompletionSource> _heard = [];
    private volatile bool _isTimed;

    // Where the search for idle connections goes on; 0 when none is under way.
    private int _position;

    /// <summary>Connections that sleep on this loop. For tests and figures.</summary>
    public int Count => _asleep.Count;

    /// <summary>A connection has come to the loop. Any thread.</summary>
    public void OnConnection()
    {
        if (!_isTimed && group.Options.HibernateAfter > TimeSpan.Zero && loop.Connections >= group.Options.HibernateFrom)
        {
            loop.Post(this);
        }
    }

    /// <summary>Wakes the connections of listeners that close, and lets no more of them fall asleep. Any thread.</summary>
    public Task WakeAllAsync()
    {
        var woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_wakers)
        {
            _wakers.Add(woken);
        }

        loop.Post(this);
        return woken.Task;
    }

    /// <summary>Takes over a connection that Kestrel has given up.</summary>
    public void TakeOver(LoopConnection connection, LoopListener listener)
    {
        var asleep = new HibernatedConnection(this, connection, listener)
        {
            Deadline = Environment.TickCount64 + (long)(group.Options.KeepAlive - group.Options.HibernateAfter).TotalMilliseconds,
        };
        asleep.Place = _asleep.AddLast(asleep);
        loop.Replace(connection, asleep);
        if (listener.IsClosing)
        {
            // Too late to sleep: what has come in the meantime is answered as it would have been.
            Wake(asleep);
        }
        else
        {
            // Tells what has come in the meantime as well.
            loop.WatchOutput(asleep, isWatched: false);
            group.Trimmer.OnHibernated();
        }

        OnClosed(connection);
    }

    /// <summary>A connection falls asleep: <see cref="TakeOver"/> follows when Kestrel is through with it, or <see cref="OnClosed"/>.</summary>
    public void OnFallingAsleep(LoopConnection connection) => _falling.Add(connection);

    /// <summary>A connection that was falling asleep does so no more.</summary>
    public void OnClosed(LoopConnection connection)
    {
        _falling.Remove(connection);
        EndWakers();
    }

    /// <summary>The client has sent something.</summary>
    public void Wake(HibernatedConnection asleep)
    {
        Remove(asleep);
        loop.Unregister(asleep);
        loop.CountConnection(-1);
        asleep.Listener.Offer(asleep.Revive(loop, group));
    }

    /// <summary>The client has gone.</summary>
    public void Close(HibernatedConnection asleep)
    {
        Remove(asleep);
        loop.Forget(asleep);
        _ = LibC.Close(asleep.Descriptor);
        loop.CountConnection(-1);
        group.OnDescriptorFreed();
    }

    void IThreadPoolWorkItem.Execute()
    {
        WakeThoseOfClosedListeners();
        if (_position > 0)
        {
            PutToSleep();
        }

        if (!_isTimed && loop.Connections >= group.Options.HibernateFrom)
        {
            _isTimed = true;
            loop.After(Period, this);
        }
    }

    void ILoopTimer.OnTimer()
    {
        long now = Environment.TickCount64;
        while (_asleep.First?.Value is { } asleep && asleep.Deadline <= now)
        {
            Remove(asleep);
            Lingerer.TakeOver(asleep, loop, group, registered: true);
        }

        if (loop.Connections >= group.Options.HibernateFrom && _position == 0)
        {
            PutToSleep();
        }

        group.Trimmer.OnLook(now);
        _isTimed = _asleep.Count > 0 || loop.Connections >= group.Options.HibernateFrom;
        if (_isTimed)
        {
            loop.After(Period, this);
        }
    }

    private void PutToSleep()
    {
        _position = loop.VisitConnections(_position, static connection => connection.FallAsleepIfIdle(), MostInATick);
        if (_position > 0)
        {
            loop.Post(this);
        }
    }

    private TimeSpan Period => group.Options.HibernateAfter / IdleWatch.LooksUntilSleep;

    private void WakeThoseOfClosedListeners()
    {
        lock (_wakers)
        {
            if (_wakers.Count == 0)
            {
                return;
            }

            _heard.AddRange(_wakers);
            _wakers.Clear();
        }

        foreach (HibernatedConnection asleep in _asleep.Where(static asleep => asleep.Listener.IsClosing).ToArray())
        {
            Wake(asleep);
        }

        EndWakers();
    }

    // Those that are just falling asleep come back when they do; nobody who waits for the last of them has long to wait.
    private void EndWakers()
    {
        if (_heard.Count > 0 && !_falling.Any(static connection => connection.Listener!.IsClosing))
        {
            _heard.ForEach(static waker => waker.SetResult());
            _heard.Clear();
        }
    }

    private void Remove(HibernatedConnection asleep)
    {
        if (asleep.Place is { } place)
        {
            asleep.Place = null;
            _asleep.Remove(place);
        }
    }
}
