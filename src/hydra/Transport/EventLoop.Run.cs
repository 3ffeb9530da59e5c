using System.Runtime.InteropServices;

namespace Hydra.Transport;

/// <content>The thread of the loop.</content>
internal sealed partial class EventLoop
{
    private unsafe void Run()
    {
        _current = this;
        OpenRing();
        while (TryPrepareWait(out int milliseconds))
        {
            int count = Libc.EpollWait(_epoll, _events.Pointer, _events.Capacity, milliseconds);
            Awake();
            _ticks++;
            if (count < 0 && count != -Libc.EIntr)
            {
                // Neither the descriptor nor the memory can be wrong; without the loop the server is dead, so say it loudly.
                Environment.FailFast($"epoll_wait: {Marshal.GetPInvokeErrorMessage(-count)}");
            }

            HandleEvents(count);
            RunTimers();
            RunPosted();
            RunTickEnd();
            EndSends();
        }

        CloseRing();
        _current = null;
    }

    // Under the gate it is certain: either a poster sees the loop asleep and wakes it, or the loop sees what was posted.
    private bool TryPrepareWait(out int milliseconds)
    {
        milliseconds = -1;
        if (_timers.TryPeek(out _, out long due))
        {
            milliseconds = (int)Math.Clamp(due - Environment.TickCount64, 0, 60_000);
        }

        lock (_gate)
        {
            if (_posted.Count > 0 || _outputCount > 0)
            {
                milliseconds = 0;
            }
            else
            {
                _asleep = milliseconds != 0;
            }

            return !_stopping;
        }
    }

    private void Awake()
    {
        // A stale true costs one needless write to the eventfd; a stale false cannot be, for only the loop sets true.
        _asleep = false;
    }

    private void HandleEvents(int count)
    {
        ReceiveAll(count);
        for (int i = 0; i < count; i++)
        {
            int events = _events.Read(i, out int fd, out uint generation);
            ILoopSource?[] sources = Volatile.Read(ref _sources);
            if (_receivers[i] is { } receiver)
            {
                Fetch(sources, i, count);
                HandleReceived(receiver, i, events);
                continue;
            }

            if ((uint)fd >= (uint)sources.Length || sources[fd] is not { } source || source.Generation != generation)
            {
                // The eventfd, or what was closed earlier in this tick.
                continue;
            }

            Fetch(sources, i, count);
            try
            {
                source.OnEvents(events);
            }
            catch (Exception e)
            {
                Fault(source, e);
            }
        }
    }

    private void HandleReceived(LoopConnection connection, int index, int events)
    {
        _receivers[index] = null;
        try
        {
            connection.OnReceived(events, _received[index]);
        }
        catch (Exception e)
        {
            Fault(connection, e);
        }
    }

    private void Fetch(ILoopSource?[] sources, int index, int count)
    {
        Connection(sources, index + 2, count)?.FetchSelf();
        Connection(sources, index + 1, count)?.FetchRequest();
    }

    private LoopConnection? Connection(ILoopSource?[] sources, int index, int count)
    {
        if (index >= count)
        {
            return null;
        }

        _events.Read(index, out int fd, out _);
        return (uint)fd < (uint)sources.Length ? sources[fd] as LoopConnection : null;
    }

    private void RunTimers()
    {
        if (_timers.Count == 0)
        {
            return;
        }

        long now = Environment.TickCount64;
        while (_timers.TryPeek(out ILoopTimer? timer, out long due) && due <= now)
        {
            _timers.Dequeue();
            try
            {
                timer.OnTimer();
            }
            catch (Exception e)
            {
                Fault(timer, e);
            }
        }
    }

    // One batch a tick: what the batch posts waits for the next tick, so that sockets get their turn.
    private void RunPosted()
    {
        lock (_gate)
        {
            if (_posted.Count == 0)
            {
                return;
            }

            (_posted, _running) = (_running, _posted);
        }

        foreach (IThreadPoolWorkItem work in _running)
        {
            try
            {
                work.Execute();
            }
            catch (Exception e)
            {
                Fault(work, e);
            }
        }

        _running.Clear();
    }

    private void RunTickEnd()
    {
        // The work of one may register another.
        for (int i = 0; i < _tickEnd.Count; i++)
        {
            try
            {
                _tickEnd[i].OnTickEnd();
            }
            catch (Exception e)
            {
                Fault(_tickEnd[i], e);
            }
        }

        _tickEnd.Clear();
    }

    private void Fault(object culprit, Exception exception)
    {
        TransportLog.CallbackFailed(_logger, exception, culprit.GetType().Name);
        try
        {
            (culprit as ILoopSource)?.OnFault(exception);
        }
        catch (Exception e)
        {
            TransportLog.CallbackFailed(_logger, e, culprit.GetType().Name);
        }
    }
}
