using Hydra.Protocol;
using Hydra.Topics;

namespace Hydra.Workers.Links;

/// <summary>Hears that a worker may be given more requests.</summary>
internal interface IProgressSink
{
    /// <summary>
    /// What arrived in one piece from a worker was handled, or a stream has become a session. Called on any thread, most often on the
    /// link's reading side, under no lock.
    /// </summary>
    /// <param name="completed">Requests that the worker is through with.</param>
    void OnProgress(int completed);
}

/// <summary>
/// A worker as dispatch sees it: is it ready, how busy is it, and the link to use. Any thread may read; the supervisor alone changes
/// the readiness and the links.
/// </summary>
internal sealed class WorkerHandle(int index)
{
    private static readonly WorkerWindow NotReady = new(0, 0);

    // Of the last handle that was made.
    private static int _lastId;

    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile WorkerLink[] _links = [];
    private int _loops = 1;
    private uint _turn;
    private volatile WorkerWindow _window = NotReady;
    private volatile bool _isReady;
    private volatile bool _isSilent;

    /// <summary>The worker's index; it survives the process.</summary>
    public int Index { get; } = index;

    /// <summary>A number that no other worker of the server has or had: from 1.</summary>
    public int Id { get; } = Interlocked.Increment(ref _lastId);

    /// <summary>What it may be given. Belongs to the worker once it is open.</summary>
    public WorkerWindow Window => _window;

    /// <summary>Requests that it has, on all its links.</summary>
    public int InFlight => _window.InFlight;

    /// <summary>Sessions that it has beside them: they are no load.</summary>
    public int Sessions => _window.Sessions;

    /// <summary>Whether requests may be sent to this worker.</summary>
    public bool IsReady => _isReady;

    /// <summary>
    /// How busy it counts as, for the choice among several: its requests, and its threads that are at work behind them. One that does not answer comes after all others, but before a
    /// request has to wait.
    /// </summary>
    public int Load => _isSilent ? int.MaxValue - 1 : InFlight + _window.Held;

    /// <summary>Whether it owes an answer for longer than a worker that runs would; the watchdog says so.</summary>
    public bool IsSilent
    {
        get => _isSilent;
        set => _isSilent = value;
    }

    /// <summary>What its interface can do; set before it is open.</summary>
    public InterfaceFeatures Features { get; set; }

    /// <summary>Why it is to go, once it is: what can go on in another worker leaves it.</summary>
    public ResumeReason? Leaving { get; set; }

    /// <summary>Publishing and subscribing; null where it is switched off.</summary>
    public TopicAccess? Topics { get; init; }

    /// <summary>Who hears of its progress; set before any request is sent to it.</summary>
    public IProgressSink? Progress { get; set; }

    /// <summary>Its exit code, when it has ended; on POSIX 128 + the signal's number when a signal ended it.</summary>
    public Task<int> Exit => _exit.Task;

    /// <summary>The link for the caller's event loop; where the worker has several loops itself, to the one of them that has least to do.</summary>
    public WorkerLink LinkFor(int loop)
    {
        WorkerLink[] links = _links;
        return _loops > 1 ? LinkToIdlest(links, loop) : links[loop < links.Length ? loop : 0];
    }

    /// <summary>Opens the worker for requests.</summary>
    /// <param name="links">Its data links.</param>
    /// <param name="window">What it may be given.</param>
    /// <param name="loops">Its event loops. A link belongs to the one that is its index modulo this number; each loop of the front has so many links in a row.</param>
    public void Open(WorkerLink[] links, WorkerWindow window, int loops = 1)
    {
        _loops = loops;
        _links = links;
        _window = window;
        _isReady = true;
    }

    /// <summary>No further request is sent to this worker.</summary>
    public void Shut() => _isReady = false;

    /// <summary>Its process has ended.</summary>
    public void SetExit(int code) => _exit.TrySetResult(code);

    // Of those with equally much to do one after the other. Races between threads only make the order another one.
    private WorkerLink LinkToIdlest(WorkerLink[] links, int loop)
    {
        int loops = _loops;
        int first = (int)(_turn++ % (uint)loops);
        int idlest = first;
        int least = int.MaxValue;
        for (int i = 0; i < loops && least > 0; i++)
        {
            int candidate = (first + i) % loops;
            int streams = 0;
            for (int link = candidate; link < links.Length; link += loops)
            {
                streams += links[link].Streams;
            }

            if (streams < least)
            {
                (idlest, least) = (candidate, streams);
            }
        }

        int index = (loop * loops) + idlest;
        return links[index < links.Length ? index : idlest];
    }
}
