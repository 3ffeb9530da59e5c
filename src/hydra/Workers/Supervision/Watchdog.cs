using Hydra.Protocol;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Supervision;

/// <summary>How long requests may take, and workers may be silent. Immutable.</summary>
internal sealed record WatchdogOptions
{
    // A timeout is noticed within a tenth of it, as far as that is between these.
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(1);

    /// <summary>From the moment a worker gets a request until its response begins; zero for ever.</summary>
    public TimeSpan RequestTimeout { get; init; }

    /// <summary>
    /// From the moment a request is interrupted until the worker is through with it, and from a PING to its PONG; zero for ever.
    /// </summary>
    public TimeSpan WorkerTimeout { get; init; }

    /// <summary>From the moment a worker gets a request until it is worth a word that the response has not begun; zero never.</summary>
    public TimeSpan SlowRequest { get; init; }

    /// <summary>Whether there is anything to watch.</summary>
    public bool IsUsed => LooksAtRequests || WorkerTimeout > TimeSpan.Zero;

    /// <summary>Whether requests are watched.</summary>
    public bool LooksAtRequests => RequestTimeout > TimeSpan.Zero || SlowRequest > TimeSpan.Zero;

    /// <summary>How often to look.</summary>
    public TimeSpan Interval
    {
        get
        {
            TimeSpan tenth = Shortest / 10;
            TimeSpan longest = LooksAtRequests ? LongestInterval : PingInterval;
            return tenth < ShortestInterval ? ShortestInterval : tenth > longest ? longest : tenth;
        }
    }

    /// <summary>The timeouts in intervals.</summary>
    public Deadlines Deadlines => new(Intervals(RequestTimeout), Intervals(WorkerTimeout), Intervals(SlowRequest));

    /// <summary>How many intervals are between two PINGs.</summary>
    public int PingEvery => Math.Max(1, (int)(PingInterval / Interval));

    private TimeSpan Shortest => ((TimeSpan[])[RequestTimeout, WorkerTimeout, SlowRequest]).Where(static time => time > TimeSpan.Zero).DefaultIfEmpty().Min();

    // Never before its time, and never for zero.
    private int Intervals(TimeSpan time) => time <= TimeSpan.Zero ? int.MaxValue - 1 : (int)Math.Ceiling(time / Interval);
}

/// <summary>
/// Looks at the requests and the workers at a steady interval: a request that takes too long is ended and interrupted; a worker that does
/// not come back from that, or does not answer, is given up. Time is counted in looks, not by the clock: where the front itself stood
/// still, nobody else is blamed.
/// </summary>
/// <remarks>Any thread may add and remove workers; <see cref="Look"/> runs once at a time.</remarks>
internal sealed class Watchdog : IDisposable
{
    private readonly WatchdogOptions _options;
    private readonly Action<Worker> _hung;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly ITimer? _timer;
    private readonly List<OverdueStream> _overdue = [];
    private Watched[] _workers = [];
    private int _isLooking;

    /// <summary>Begins to watch.</summary>
    /// <param name="options">What is too long.</param>
    /// <param name="hung">Told of a worker that is to be replaced, once for each.</param>
    /// <param name="logger">Where it is said.</param>
    /// <param name="time">The clock of the timer.</param>
    public Watchdog(WatchdogOptions options, Action<Worker> hung, ILogger logger, TimeProvider time)
    {
        _options = options;
        _hung = hung;
        _logger = logger;
        _timer = options.IsUsed ? time.CreateTimer(_ => Look(), null, options.Interval, options.Interval) : null;
    }

    /// <summary>Told of a request that takes long, once; it goes on.</summary>
    public Action<Worker, WorkerLink, ulong> Slow { get; init; } = static (_, _, _) => { };

    /// <summary>The worker is ready.</summary>
    public void Add(Worker worker)
    {
        lock (_lock)
        {
            _workers = [.. _workers, new Watched(worker, new AnswerWatch(_options.Deadlines.Return, _options.PingEvery))];
        }
    }

    /// <summary>The worker has ended.</summary>
    public void Remove(Worker worker)
    {
        lock (_lock)
        {
            _workers = Array.FindAll(_workers, watched => watched.Worker != worker);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    // The timer may fire while the last look still runs.
    private void Look()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        try
        {
            foreach (Watched watched in Volatile.Read(ref _workers))
            {
                // Time is counted in looks: that of a worker that stands at somebody's breakpoint does not pass.
                if (!LookForDebugger(watched) && _options.LooksAtRequests)
                {
                    LookAtRequests(watched.Worker);
                }

                LookAtAnswers(watched);
            }
        }
        catch (Exception e)
        {
            // A mistake of ours about one request must not end the server.
            SupervisionLog.DecisionFailed(_logger, e);
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private bool LookForDebugger(Watched watched)
    {
        bool isDebugged = watched.Worker.Links.Probe is { IsDebugged: true };
        if (isDebugged && !watched.IsDebugged)
        {
            SupervisionLog.Debugged(_logger, watched.Worker.Index, watched.Worker.Pid);
        }

        return watched.IsDebugged = isDebugged;
    }

    private void LookAtRequests(Worker worker)
    {
        foreach (WorkerLink link in worker.Links.Data)
        {
            _overdue.Clear();
            link.Look(_options.Deadlines, _overdue);
            foreach (OverdueStream overdue in _overdue)
            {
                Handle(worker, link, overdue);
            }
        }
    }

    private void Handle(Worker worker, WorkerLink link, OverdueStream overdue)
    {
        if (overdue.IsSlow)
        {
            Slow(worker, link, overdue.Id);
            return;
        }

        if (overdue.IsStuck)
        {
            SupervisionLog.Stuck(_logger, worker.Index, worker.Pid, WorkerLink.NameOf(link.Index, overdue.Id), _options.WorkerTimeout.TotalSeconds);
            _hung(worker);
            return;
        }

        worker.Links.Interrupt(link.Index, overdue.Id, CancelReason.Timeout);
        if (overdue.Stream is { } stream)
        {
            stream.OnTimedOut(overdue.Id);
        }
        else
        {
            SupervisionLog.AbandonedOverdue(
                _logger, worker.Index, worker.Pid, WorkerLink.NameOf(link.Index, overdue.Id), _options.RequestTimeout.TotalSeconds);
        }
    }

    private void LookAtAnswers(Watched watched)
    {
        switch (watched.Answers.Look(watched.Worker.Links.Probe))
        {
            case AnswerStep.Ask:
                watched.Worker.Links.Ping();
                break;
            case AnswerStep.GiveUp:
                SupervisionLog.Silent(_logger, watched.Worker.Index, watched.Worker.Pid, _options.WorkerTimeout.TotalSeconds);
                _hung(watched.Worker);
                break;
        }

        watched.Worker.Handle.IsSilent = watched.Answers.IsLate;
    }

    private sealed record Watched(Worker Worker, AnswerWatch Answers)
    {
        public bool IsDebugged { get; set; }
    }
}
