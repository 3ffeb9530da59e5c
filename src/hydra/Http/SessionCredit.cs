using System.Buffers;
using Hydra.Diagnostics;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// How much of what a session's client sends the worker takes; and, once the session can go on in another worker, what was not acknowledged yet: that is given to
/// the next one again. One reader gives; any thread may grant, acknowledge, hold and stop.
/// </summary>
/// <param name="send">Gives a message, or a part of one, to the worker.</param>
/// <param name="window">Bytes that a worker takes before it gives credit.</param>
/// <param name="metrics">Counts what the client has sent, once, however often it is given; null where nobody wants to know.</param>
internal sealed class SessionCredit(SessionSender send, long window, SessionMetrics? metrics = null)
{
    private readonly Lock _lock = new();

    // Who reads goes on in the thread pool: the link's gate is not to be met inside a callback of the link.
    private readonly CreditSignal _granted = new() { RunContinuationsAsynchronously = true };

    // What is left of the window: 0 when all of it is, less when some is used; and what was taken of it for what is about to be given. Under _lock.
    private long _balance;
    private long _paid;
    private bool _isLost;
    private volatile bool _isStopped;
    private volatile bool _isWaiting;

    // Whole messages that were given to workers, from the first on; whether one was begun. Under _lock, as all that follows.
    private long _given;
    private bool _isWithin;

    // Null where nothing is kept. Of a message before this one the beginning is lost, and the rest of it is dropped.
    private KeptMessages? _kept;
    private long _dropped;

    // There is no worker.
    private bool _isHeld;

    /// <summary>Whether the client is not read because the application takes nothing.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Whether the application takes no more.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>The number of the first message, from 0, that another worker would be given; those before are for the present one alone.</summary>
    public long From
    {
        get
        {
            lock (_lock)
            {
                return _kept?.From ?? long.MaxValue;
            }
        }
    }

    /// <summary>Whether a worker has something that is not acknowledged.</summary>
    public bool HasUnacknowledged
    {
        get
        {
            lock (_lock)
            {
                return _kept is { First: not null };
            }
        }
    }

    /// <summary>The application has taken as much.</summary>
    /// <returns>False when that is more than it can have had.</returns>
    public bool Grant(uint credit)
    {
        lock (_lock)
        {
            _balance += credit;
            if (_balance > 0)
            {
                return false;
            }

            Pump();
        }

        _granted.Set();
        return true;
    }

    /// <summary>The application takes no more: what still comes is read and dropped.</summary>
    public void Stop()
    {
        _isStopped = true;
        KeepNoMore();
        _granted.Stop();
    }

    /// <summary>The client is gone: nobody waits for the application to take what it has sent, beyond what there is credit for.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            _isLost = true;
        }

        _granted.Set();
    }

    /// <summary>From the next message on what is given is kept until it is acknowledged.</summary>
    /// <param name="desk">Whose memory that is.</param>
    /// <param name="lapsed">Called, under no lock, where more had to be kept than may be: nothing is any more.</param>
    public void Keep(ResumeDesk desk, Action lapsed)
    {
        lock (_lock)
        {
            if (!_isStopped && _kept is not { From: < long.MaxValue })
            {
                (_kept ??= new KeptMessages(desk, () => Lapse(lapsed))).From = _isWithin ? _given + 1 : _given;
            }
        }
    }

    /// <summary>The session is over: nothing is kept any more, nor given.</summary>
    public void KeepNoMore()
    {
        lock (_lock)
        {
            _kept?.Release();
            _kept = null;
        }
    }

    /// <summary>The application has dealt with the first so many messages of the session.</summary>
    /// <returns>Whether that was more than before.</returns>
    public bool Acknowledge(long count)
    {
        lock (_lock)
        {
            if (_kept is null || !_kept.Acknowledge(count))
            {
                return false;
            }
        }

        _granted.Set();
        return true;
    }

    /// <summary>No worker gets anything until <see cref="Resume"/>.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            _isHeld = true;
        }
    }

    /// <summary>Another worker has the session: it gets what was not acknowledged, then what comes.</summary>
    /// <param name="acknowledged">Messages of the session that the application has dealt with.</param>
    /// <returns>The number of the first message that it gets, from 0.</returns>
    public long Resume(long acknowledged)
    {
        long first;
        lock (_lock)
        {
            _isHeld = false;
            _balance = _paid = 0;
            _dropped = _kept?.From ?? 0;
            _kept?.Acknowledge(acknowledged);
            _kept?.Rewind();
            first = _kept?.First ?? (_isWithin && _given < _dropped ? _given + 1 : _given);
            Pump();
        }

        _granted.Set();
        return first;
    }

    /// <summary>Gives what there is credit for. By who reads alone.</summary>
    public void Give(in ReadOnlySequence<byte> data, FrameFlags flags)
    {
        lock (_lock)
        {
            bool isLast = (flags & FrameFlags.More) == 0;
            if (!_isStopped)
            {
                metrics?.AddIn(data.Length, isLast);
            }

            if (_kept is null && !_isStopped)
            {
                send(data, flags);
            }
            else if (_kept is not null && _given >= _dropped)
            {
                // It takes its credit when it goes.
                _balance += _paid;
                _kept.Add(data, flags, _given);
                Pump();
            }

            _paid = 0;
            _isWithin = !isLast;
            _given += isLast ? 1 : 0;
        }
    }

    /// <summary>A piece without bytes, within a message, is not sent.</summary>
    public void GiveBack()
    {
        lock (_lock)
        {
            if (!_isStopped)
            {
                _balance += _paid;
            }

            _paid = 0;
        }
    }

    /// <summary>Credit for so many bytes, or for some of them. False, and less than 0, where there is none.</summary>
    public bool TryTake(int wanted, out int size)
    {
        lock (_lock)
        {
            bool keeps = _kept is not null;
            long left = window + _balance - ProtocolLimits.DataCost;
            size = keeps ? wanted : (int)Math.Min(wanted, left);
            bool isUsedUp = _isHeld || (keeps ? !_kept!.TakesMore : left < 0 || (left == 0 && wanted > 0));
            _isStopped |= _isLost && isUsedUp;
            if (_isStopped)
            {
                size = wanted;
                return true;
            }

            if (isUsedUp)
            {
                size = -1;
                _granted.Clear();
                return false;
            }

            if (!keeps)
            {
                _paid = size + ProtocolLimits.DataCost;
                _balance -= _paid;
            }

            return true;
        }
    }

    /// <summary>The same, as soon as there is some.</summary>
    public async ValueTask<int> TakeAsync(int wanted)
    {
        int size;
        while (!TryTake(wanted, out size))
        {
            _isWaiting = true;
            await _granted.WaitAsync().ConfigureAwait(false);
            _isWaiting = false;
        }

        return size;
    }

    // What is kept goes to the worker as far as there is credit. Under the lock, so that nothing of another worker comes between.
    private void Pump()
    {
        while (!_isHeld && !_isStopped && _kept is { } kept && kept.TryNext(out ReadOnlyMemory<byte> rest, out FrameFlags flags))
        {
            long left = window + _balance - ProtocolLimits.DataCost;
            if (left < 0 || (left == 0 && rest.Length > 0))
            {
                return;
            }

            int size = (int)Math.Min(rest.Length, left);
            _balance -= size + ProtocolLimits.DataCost;
            kept.OnGiven(size);
            send(new ReadOnlySequence<byte>(rest[..size]), size < rest.Length ? flags | FrameFlags.More : flags);
        }
    }

    // Too much is kept, for too long, and the application has had all of it: it goes on, and cannot in another worker.
    private void Lapse(Action lapsed)
    {
        lock (_lock)
        {
            if (_kept is not { IsOver: true } kept)
            {
                return;
            }

            if (_isHeld || kept.HasNext)
            {
                kept.WaitOn();
                return;
            }

            kept.Lapse();
        }

        lapsed();
        _granted.Set();
    }
}
