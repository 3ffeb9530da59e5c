using System.Diagnostics;

namespace Hydra.Workers.Links;

/// <summary>
/// How many requests a worker may be given. Batches make Python cheap, so a worker is given about <see cref="Horizon"/> of work
/// ahead of what it runs, by the time that its requests take; where they are slow, or some of them, it is given none, and what
/// waits stays in the front, from where any worker can take it. Any thread may call.
/// </summary>
/// <remarks>
/// A worker with threads (WSGI) is given as many requests as it has threads, and those ahead. An event loop (ASGI) runs any number
/// at the same time, so there only those count that it has not taken yet: one for each loop, and those ahead. A session (<see cref="Sessions"/>) is no
/// request any more; where it keeps a thread, that thread is missing to requests. So is one that works on behind a response that is
/// complete (<see cref="Held"/>): in close(), or in a hook of the framework's.
/// </remarks>
internal sealed class WorkerWindow
{
    /// <summary>Microseconds of work that a worker is given ahead.</summary>
    public const double Horizon = 2_000;

    /// <summary>The greatest number of requests ahead: two of the batches beyond which Python gets no cheaper.</summary>
    public const int MostAhead = 256;

    // In the count of requests while the worker is kept for one alone: with it there is no room for another, and no test more on the way of all.
    private const int KeptBit = 1 << 30;

    // Older requests count half as much after each so many. A request in a thousand that takes 200 ms is to be remembered.
    private const double Memory = 512;

    // Nothing is known at the start: eight requests that took 10 ms each. Some thousand quick ones wipe it out.
    private const double FirstCost = 80_000;
    private const double FirstRequests = 8;

    // An event loop that takes longer to read was held up by something that it does not measure itself, such as a blocking call in
    // a later step. Less than this may be the system's scheduler.
    private static readonly long Stall = Stopwatch.Frequency / 50;

    // A loop that is quick takes what it was given within this time.
    private static readonly long Pause = (long)(Stopwatch.Frequency * Horizon / 1_000_000);

    private readonly Lock _lock = new();
    private readonly bool _countsThreads;
    private int _limit;
    private readonly int _loops;
    private int _inFlight;
    private int _sessions;
    private int _held;
    private int _untaken;
    private int _mostInFlight;
    private int _mostUntaken;

    // What the worker has now, and has had at most. Both are 0 for an event loop.
    private int _threads;
    private int _mostThreads;

    // When the first of those that are not taken was sent, or the last was taken; 0 when there are none.
    private long _untakenSince;

    // Microseconds that so many requests took, the older ones discounted. Under _lock.
    private double _busy = FirstCost;
    private double _requests = FirstRequests;

    /// <summary>Makes the window of a worker that is ready.</summary>
    /// <param name="threads">Requests that it runs at the same time; 0 for an event loop, which has no bound of its own.</param>
    /// <param name="limit">The greatest number in flight, whatever the worker could take; 0 for none.</param>
    /// <param name="loops">Event loops that take requests at the same time; at least 1.</param>
    public WorkerWindow(int threads, int limit, int loops = 1)
    {
        _loops = loops;
        _countsThreads = threads > 0;
        _threads = _mostThreads = threads;
        _limit = limit > 0 && limit < KeptBit ? limit : KeptBit;
        Apply();
    }

    /// <summary>The greatest number in flight is another from now on; what is there goes on. Nothing for a worker with threads, whose number is the bound.</summary>
    public void SetLimit(int limit)
    {
        if (!CountsThreads)
        {
            lock (_lock)
            {
                _limit = Math.Clamp(limit, 1, KeptBit);
                Apply();
            }
        }
    }

    /// <summary>Requests whose streams are open.</summary>
    public int InFlight => Volatile.Read(ref _inFlight) & (KeptBit - 1);

    /// <summary>Streams that are open and have become sessions: they stay for long, and are no load.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Threads that the worker has named as still at work behind responses that are complete.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Requests of an event loop that it is not known to have taken.</summary>
    public int Untaken => Volatile.Read(ref _untaken);

    /// <summary>Threads that the worker has, or has had at most where their number changes; 0 for an event loop.</summary>
    public int MostThreads => Volatile.Read(ref _mostThreads);

    /// <summary>Whether a stream counts until the worker says that it is through with it, also when the front has cancelled it.</summary>
    public bool CountsThreads => _countsThreads;

    /// <summary>Whether another request may be sent.</summary>
    public bool HasRoom => Volatile.Read(ref _inFlight) < MostInFlight && (CountsThreads || Untaken < Volatile.Read(ref _mostUntaken));

    /// <summary>
    /// Whether a request would be begun at once, as far as one can know: a thread is free; or the event loop is one whose requests are
    /// quick, and goes on taking what it was given. A loop with slow requests may be held up by one of those that it has begun.
    /// </summary>
    public bool TakesAtOnce => CountsThreads
        ? InFlight < Volatile.Read(ref _threads) - Sessions - Held
        : Volatile.Read(ref _mostUntaken) > _loops && (Untaken == 0 || Stopwatch.GetTimestamp() - Volatile.Read(ref _untakenSince) < Pause);

    private int MostInFlight => Volatile.Read(ref _mostInFlight) - (CountsThreads ? Sessions + Held : 0);

    /// <summary>Counts a request that is about to be sent, if there is room for it.</summary>
    public bool TryEnter()
    {
        if (!TryIncrement(ref _inFlight, MostInFlight, out _))
        {
            return false;
        }

        if (CountsThreads)
        {
            return true;
        }

        if (!TryIncrement(ref _untaken, Volatile.Read(ref _mostUntaken), out int before))
        {
            Interlocked.Decrement(ref _inFlight);
            return false;
        }

        if (before == 0)
        {
            Volatile.Write(ref _untakenSince, Stopwatch.GetTimestamp());
        }

        return true;
    }

    /// <summary>Nothing enters any more but what <see cref="TryEnterKept"/> lets in; what is there goes on.</summary>
    public void Keep() => Interlocked.Or(ref _inFlight, KeptBit);

    /// <summary>Ends <see cref="Keep"/>.</summary>
    public void Open() => Interlocked.And(ref _inFlight, ~KeptBit);

    /// <summary>Counts a request that is about to be sent, if the worker is kept and has nothing else.</summary>
    public bool TryEnterKept()
    {
        if (Sessions > 0 || Held > 0 || Interlocked.CompareExchange(ref _inFlight, KeptBit + 1, KeptBit) != KeptBit)
        {
            return false;
        }

        if (!CountsThreads && Interlocked.Increment(ref _untaken) == 1)
        {
            Volatile.Write(ref _untakenSince, Stopwatch.GetTimestamp());
        }

        return true;
    }

    /// <summary>A request that was counted is not sent after all.</summary>
    public void Withdraw()
    {
        Leave();
        if (!CountsThreads)
        {
            Interlocked.Decrement(ref _untaken);
        }
    }

    /// <summary>A request's stream has ended.</summary>
    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>A request's stream has become a session.</summary>
    public void BecomeSession()
    {
        // In this order, so that it is counted at every moment.
        Interlocked.Increment(ref _sessions);
        Interlocked.Decrement(ref _inFlight);
    }

    /// <summary>A session has ended.</summary>
    public void LeaveSession() => Interlocked.Decrement(ref _sessions);

    /// <summary>The event loop has taken so many requests.</summary>
    public void OnTaken(int count)
    {
        if (CountsThreads)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        long since = Volatile.Read(ref _untakenSince);
        Volatile.Write(ref _untakenSince, now);
        Interlocked.Add(ref _untaken, -count);
        if (since != 0 && now - since > Stall)
        {
            Report(Stopwatch.GetElapsedTime(since, now).TotalMicroseconds, count);
        }
    }

    /// <summary>
    /// The worker has given a request back because its threads are held up: none is sent ahead until it says what has cost so much.
    /// </summary>
    public void OnGivenBack()
    {
        if (CountsThreads)
        {
            Volatile.Write(ref _mostInFlight, Math.Min(_limit, Volatile.Read(ref _threads)));
        }
    }

    /// <summary>So many of the worker's threads are still at work although their responses are complete. An event loop has none.</summary>
    public void OnHeld(int threads)
    {
        if (CountsThreads)
        {
            Volatile.Write(ref _held, Math.Min(threads, MostThreads));
        }
    }

    /// <summary>The worker runs so many requests at the same time from now on: it has more threads, or fewer. Nothing for an event loop.</summary>
    public void OnCapacity(int threads)
    {
        if (!CountsThreads)
        {
            return;
        }

        lock (_lock)
        {
            Volatile.Write(ref _threads, threads);
            Volatile.Write(ref _mostThreads, Math.Max(_mostThreads, threads));
            Apply();
        }
    }

    /// <summary>So many requests kept the worker busy for so long: a thread of it, or its event loop.</summary>
    public void Report(double microseconds, int requests)
    {
        lock (_lock)
        {
            _busy += microseconds;
            _requests += requests;
            if (_requests > 2 * Memory)
            {
                _busy *= Memory / _requests;
                _requests = Memory;
            }

            Apply();
        }
    }

    private static bool TryIncrement(ref int counter, int most, out int before)
    {
        before = Volatile.Read(ref counter);
        while (before < most)
        {
            int found = Interlocked.CompareExchange(ref counter, before + 1, before);
            if (found == before)
            {
                return true;
            }

            before = found;
        }

        return false;
    }

    private void Apply()
    {
        int atOnce = Math.Max(_threads, _loops);
        int ahead = (int)Math.Min(MostAhead, Horizon * atOnce * _requests / Math.Max(_busy, 1));
        Volatile.Write(ref _mostInFlight, CountsThreads ? Math.Min(_limit, atOnce + ahead) : _limit);
        Volatile.Write(ref _mostUntaken, _loops + ahead);
    }
}
