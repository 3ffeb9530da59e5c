using Hydra.Protocol;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hydra.Dispatch;

/// <summary>
/// Gives each request to the least busy ready worker that has room for it (<see cref="WorkerWindow"/>); while there is none the
/// requests wait here, first come first served. Any thread may submit and withdraw; the supervisor announces and withdraws workers.
/// </summary>
/// <remarks>
/// <c>_gate</c> guards the queue, and is held while a request is sent from it: whoever has withdrawn a request knows that nobody sends
/// it any more. Lock order: this gate, a link's gate, an exchange's lock. A request that finds a worker takes no lock here. The set of
/// ready workers is an immutable array, swapped as a whole.
/// </remarks>
internal sealed class Dispatcher : IWorkerPool, IProgressSink, IQueueFigures, IDisposable
{
    private readonly DispatchOptions _options;
    private readonly QueueClock _clock;
    private readonly Lock _gate = new();
    private readonly RequestQueue _queue;
    private readonly SuspectLane _suspects;
    private readonly Func<QueuedStream, WorkerHandle, bool> _sendSuspect;
    private readonly Func<QueuedStream, WorkerHandle, bool> _sendQueued;

    // Null where requests are sent in the order in which they came.
    private readonly RequestLanes? _lanes;
    private readonly WorkerChoice _choice = new();
    private readonly Refusals _refusals;
    private readonly TimeSpan _period;
    private readonly ITimer _timer;
    private volatile WorkerHandle[] _ready = [];
    private bool _closed;

    // What the latest worker's interface can do; -1 before the first.
    private volatile int _features = -1;

    // The timer runs as long as it finds requests that wait.
    private bool _isTimed;

    // The last request that was sent from the queue: how long it had waited, and when that was.
    private long _lastWait;
    private long _lastSentAt;

    /// <summary>Makes a dispatcher without workers.</summary>
    public Dispatcher(DispatchOptions? options = null, ILogger? logger = null, TimeProvider? time = null)
    {
        _options = options ?? new DispatchOptions();
        time ??= TimeProvider.System;
        _clock = new QueueClock(time);
        Affinity = _options.AffinityWait is { } wait ? new Affinity(wait, time, _options.Keys ?? new KeyMemory()) : null;
        _lanes = Affinity is not null || _options.HasLanes ? new RequestLanes(Affinity, time) : null;
        _queue = new RequestQueue(_options.QueueSize, _options.QueueBytes, _lanes);
        _suspects = new SuspectLane(new RequestQueue(_options.QueueSize, _options.QueueBytes), time);
        _sendSuspect = TrySendSuspect;
        _sendQueued = TrySendQueued;
        _refusals = new Refusals(_queue, _clock, logger ?? NullLogger.Instance);
        _period = QueueClock.PeriodOf(_options.QueueTimeout, QueueClock.PeriodOf(_options.AffinityWait ?? TimeSpan.Zero, QueueClock.LongestPeriod));
        _timer = time.CreateTimer(static state => ((Dispatcher)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Which worker requests with a key are for; null where none have keys.</summary>
    public Affinity? Affinity { get; }

    /// <summary>Requests that wait for a worker.</summary>
    public int QueueLength => _queue.Count + _suspects.Queue.Count;

    /// <summary>Bytes of the requests that wait.</summary>
    public long QueueBytes => _queue.Bytes + _suspects.Queue.Bytes;

    /// <summary>Requests that were refused because the queue was full.</summary>
    public long RefusedFull => _refusals.Full;

    /// <summary>Requests that were refused because they had waited as long as they may.</summary>
    public long RefusedLate => _refusals.Late;

    /// <summary>What the workers' interface can do; null until the first of them was ready.</summary>
    public InterfaceFeatures? Features => _features is >= 0 and int known ? (InterfaceFeatures)known : null;

    /// <summary>
    /// How long requests wait at present: the age of the oldest that waits, or the wait of the last that was sent from the queue, if
    /// that is less than a second ago and longer. Cheap enough to be asked many times a second.
    /// </summary>
    public TimeSpan QueueDelay
    {
        get
        {
            lock (_gate)
            {
                long now = _clock.Now;
                TimeSpan last = _lastSentAt != 0 && _clock.Between(_lastSentAt, now) < TimeSpan.FromSeconds(1)
                    ? _clock.Between(0, _lastWait)
                    : TimeSpan.Zero;
                TimeSpan oldest = Waited(_queue, now);
                return last > oldest ? last : oldest;
            }
        }
    }

    /// <summary>How long the oldest of those that wait has waited.</summary>
    public TimeSpan OldestWait
    {
        get
        {
            lock (_gate)
            {
                long now = _clock.Now;
                TimeSpan suspect = Waited(_suspects.Queue, now);
                TimeSpan oldest = Waited(_queue, now);
                return suspect > oldest ? suspect : oldest;
            }
        }
    }

    /// <inheritdoc/>
    public QueueFigures ReadFigures() => new(QueueLength, QueueDelay);

    /// <summary>Sends the request to a worker, or keeps it until there is one.</summary>
    /// <param name="exchange">The request; its callbacks may run before this returns.</param>
    /// <param name="loop">The caller's event loop, or 0.</param>
    public void Submit(QueuedStream exchange, int loop)
    {
        exchange.Loop = loop;
        if (exchange.Suspicion != 0 || _queue.Count > 0 || !TrySend(exchange))
        {
            Enqueue(exchange);
        }
    }

    /// <summary>Nobody wants the request any more. When this returns it is not in the queue, and is not sent from it.</summary>
    public void Withdraw(QueuedStream exchange)
    {
        lock (_gate)
        {
            QueueOf(exchange).Remove(exchange);
        }
    }

    /// <inheritdoc cref="Successor.Of"/>
    public WorkerHandle? SuccessorOf(WorkerHandle left) => Successor.Of(left, _ready);

    /// <summary>A worker takes requests from now on.</summary>
    public void Add(WorkerHandle worker)
    {
        worker.Progress = this;
        _features = (int)worker.Features;
        lock (_gate)
        {
            _ready = [.. _ready, worker];
            Affinity?.Add(worker);
            _suspects.OnReady(_ready);
        }

        SendWaiting();
    }

    /// <summary>A worker takes no more requests. Those it has are its own affair.</summary>
    public void Remove(WorkerHandle worker)
    {
        lock (_gate)
        {
            _ready = Array.FindAll(_ready, w => w != worker);
            _suspects.Forget(worker);
            Affinity?.Remove(worker);
        }

        if (_suspects.IsActive)
        {
            SendWaiting();
        }
    }

    /// <inheritdoc/>
    public void Dismiss(int index)
    {
        if (_lanes is not null)
        {
            lock (_gate)
            {
                _lanes.Dismiss(index);
            }

            SendWaiting();
        }
    }

    /// <summary>A worker has answered such a request, which was suspected: the same ones that wait are like any others.</summary>
    /// <param name="kind">Its fingerprint.</param>
    public void Clear(ulong kind)
    {
        lock (_gate)
        {
            _suspects.Clear(kind, _queue);

            // Before the next suspect, which may have been their bad luck, takes a worker for itself.
            SendQueued();
        }

        SendWaiting();
    }

    /// <summary>Refuses what waits and whatever comes.</summary>
    public void Close()
    {
        List<QueuedStream> refused = [];
        lock (_gate)
        {
            _closed = true;
            while ((_queue.First ?? _suspects.Queue.First) is { } exchange)
            {
                QueueOf(exchange).Remove(exchange);
                refused.Add(exchange);
            }

            _refusals.Claim(refused, new Refusal(Failure.Closing, RetryAfter: 1), _clock.Now);
        }

        Refusals.Answer(refused);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    void IProgressSink.OnProgress(int completed)
    {
        _refusals.Rate.Add(completed);
        if (_queue.Count > 0 || _suspects.IsActive)
        {
            SendWaiting();
        }
    }

    private TimeSpan Waited(RequestQueue queue, long now) => queue.First is { } first ? _clock.Between(first.QueuedAt, now) : TimeSpan.Zero;

    private RequestQueue QueueOf(QueuedStream exchange) => exchange.Suspicion != 0 ? _suspects.Queue : _queue;

    private bool TrySend(QueuedStream exchange)
    {
        // A link may close between the choice and the send: then its worker is withdrawn and the next choice is another.
        while ((exchange.Place == 0 ? _choice.Enter(_ready, exchange.LastWorker) : Affinity!.Enter(exchange.Place)) is { } worker)
        {
            if (worker.LinkFor(exchange.Loop).TryOpen(exchange))
            {
                return true;
            }

            worker.Window.Withdraw();
            worker.Shut();
        }

        return false;
    }

    private void Enqueue(QueuedStream exchange)
    {
        var refusal = default(Refusal);
        bool isRefused = false;
        lock (_gate)
        {
            if (!exchange.IsWaiting)
            {
                // The client left between the failed attempt and here, when there was nothing to withdraw.
                return;
            }

            long now = _clock.Now;
            long since = now - _clock.Ticks(exchange.QueueMicroseconds);
            if (_closed || !(exchange.Suspicion != 0 ? _suspects.TryAdd(exchange, since) : _queue.TryAdd(exchange, since)))
            {
                refusal = _closed ? new Refusal(Failure.Closing, RetryAfter: 1) : _refusals.Refuse(Failure.QueueFull, 1, now);
                isRefused = exchange.TryRefuse(refusal);
            }
            else if (!_isTimed)
            {
                _isTimed = true;
                _refusals.Rate.Restart(_clock.Seconds(now));
                _timer.Change(_period, _period);
            }
        }

        if (isRefused)
        {
            exchange.OnRefused();
        }
        else
        {
            // A worker may have got room between the failed attempt and the queue. Who gives room looks at the queue after that, so
            // with the barrier one of both sees the other.
            Interlocked.MemoryBarrier();
            if (exchange.Suspicion != 0 || Array.Exists(_ready, static worker => worker.IsReady && worker.Window.HasRoom))
            {
                SendWaiting();
            }
        }
    }

    private void SendWaiting()
    {
        lock (_gate)
        {
            if (_suspects.IsActive)
            {
                _suspects.Advance(_ready, _queue, _sendSuspect);
            }

            SendQueued();
        }
    }

    private void SendQueued()
    {
        if (_queue.First is null)
        {
            return;
        }

        if (_lanes is not null)
        {
            _lanes.Advance(_ready, _sendQueued);
            return;
        }

        long now = _clock.Now;
        while (_queue.First is { } exchange && _choice.Enter(_ready, exchange.LastWorker) is { } worker)
        {
            TrySendQueued(exchange, worker, now);
        }
    }

    private bool TrySendQueued(QueuedStream exchange, WorkerHandle worker) => TrySendQueued(exchange, worker, _clock.Now);

    private bool TrySendQueued(QueuedStream exchange, WorkerHandle worker, long now)
    {
        bool isSent = TrySendWaiting(exchange, worker, now);
        if (isSent)
        {
            _lastWait = now - exchange.QueuedAt;
            _lastSentAt = now;
        }

        return isSent;
    }

    // Not what scaling goes by: another worker would not have it wait less.
    private bool TrySendSuspect(QueuedStream exchange, WorkerHandle worker) => TrySendWaiting(exchange, worker, _clock.Now);

    // The worker's window is entered.
    private bool TrySendWaiting(QueuedStream exchange, WorkerHandle worker, long now)
    {
        RequestQueue queue = QueueOf(exchange);
        exchange.QueueMicroseconds = _clock.Microseconds(now - exchange.QueuedAt);
        if (worker.LinkFor(exchange.Loop).TryOpen(exchange))
        {
            queue.Remove(exchange);
            return true;
        }

        worker.Window.Withdraw();
        worker.Shut();
        return false;
    }

    private void OnTimer()
    {
        List<QueuedStream> refused = [];
        lock (_gate)
        {
            long now = _clock.Now;
            _refusals.Rate.Sample(_clock.Seconds(now));
            if (_options.QueueTimeout > TimeSpan.Zero)
            {
                long oldest = now - _clock.Ticks(_options.QueueTimeout);
                _queue.RemoveOlder(oldest, refused);
                _suspects.Queue.RemoveOlder(oldest, refused);
            }

            if (refused.Count > 0)
            {
                _refusals.Claim(refused, _refusals.Refuse(Failure.QueueTimeout, refused.Count, now), now);
            }

            _lanes?.Settle(_queue);
            if (_queue.Count == 0 && !_suspects.IsActive)
            {
                _isTimed = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        if (_suspects.IsActive || (_lanes is not null && _queue.Count > 0))
        {
            SendWaiting();
        }

        Refusals.Answer(refused);
    }
}
