using System.Net.Sockets;
using System.Text;
using Hydra.Protocol;
using Hydra.Transport;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;

namespace Hydra.Workers.Supervision;

/// <summary>
/// One worker process with its links, from start to exit. <c>_lock</c> guards the links, which arrive on any thread; the state belongs
/// to the supervisor's queue.
/// </summary>
internal sealed partial class Worker : ILinkOwner, IControlSink
{
    private const int FirstLinesLimit = 4096;

    private readonly Lock _lock = new();
    private readonly IWorkerEvents _events;
    private readonly Func<Socket, int, LinkChannel> _dataChannel;
    private readonly int _limit;
    private readonly byte[] _token;
    private readonly StringBuilder _firstLines = new();
    private readonly WorkerLink?[] _links;
    private readonly TaskCompletionSource _controlClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ControlLink? _control;

    /// <summary>Describes a worker that is about to be started.</summary>
    /// <param name="index">Its index, from 0.</param>
    /// <param name="dataLinks">How many data links it is to open.</param>
    /// <param name="dataChannel">Makes the channel of a data link from its socket and index.</param>
    /// <param name="limit">Requests that it may be given at the same time; 0 for no limit but its own.</param>
    /// <param name="events">Who hears of it.</param>
    /// <param name="life">Its life, which begins now.</param>
    public Worker(
        int index, int dataLinks, Func<Socket, int, LinkChannel> dataChannel, int limit, IWorkerEvents events, WorkerLife life)
    {
        Life = life;
        _events = events;
        _limit = limit;
        _dataChannel = dataChannel;
        _links = new WorkerLink?[dataLinks];

        // From the system's random source, as all version 4 GUIDs of .NET; RandomNumberGenerator would need OpenSSL on Linux.
        TokenText = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
        _token = Encoding.ASCII.GetBytes(TokenText);
        Handle = new WorkerHandle(index);
    }

    /// <summary>The worker's index.</summary>
    public int Index => Handle.Index;

    /// <summary>The worker as dispatch sees it.</summary>
    public WorkerHandle Handle { get; }

    /// <summary>The token for the boot document.</summary>
    public string TokenText { get; }

    /// <summary>The process, once it is started.</summary>
    public IWorkerProcess? Process { get; set; }

    /// <summary>The process's id, or 0 as long as there is none.</summary>
    public int Pid => Process?.Id ?? 0;

    /// <summary>Where it is in its life.</summary>
    public WorkerLife Life { get; }

    /// <summary>Where it is in its life.</summary>
    public WorkerState State => Life.State;

    /// <summary>Its latest answer to a PING; null before the first.</summary>
    public WorkerProbe? Probe { get; private set; }

    /// <summary>Requests that were sent to it, from the first on.</summary>
    public long Requests
    {
        get
        {
            lock (_lock)
            {
                return _links.Sum(static link => link?.Opened ?? 0);
            }
        }
    }

    /// <summary>Whether the thread that runs the request of a client which has left is interrupted.</summary>
    public bool InterruptsAbandoned { get; init; }

    /// <summary>Its data links; all of them once it is ready.</summary>
    public IReadOnlyList<WorkerLink> DataLinks => [.. Links().OfType<WorkerLink>()];

    /// <summary>What it said of itself when it got ready.</summary>
    public WorkerInfo? Info { get; private set; }

    /// <summary>Why it could not start, if it said so.</summary>
    public WorkerFailure? Failure { get; private set; }

    /// <summary>Whether its control link was ever open.</summary>
    public bool HasConnected { get; private set; }

    /// <summary>Completes when all that the worker said on its control link was heard; at once if it never opened one.</summary>
    public Task ControlDone => HasConnected ? _controlClosed.Task : Task.CompletedTask;

    ReadOnlySpan<byte> ILinkOwner.Token => _token;

    /// <summary>What the process printed before it connected, or the beginning of it.</summary>
    public string FirstLines
    {
        get
        {
            lock (_lock)
            {
                return _firstLines.ToString();
            }
        }
    }

    /// <summary>Keeps a line that the process printed, as long as it has not connected.</summary>
    public void Remember(string line)
    {
        lock (_lock)
        {
            if (!HasConnected && _firstLines.Length < FirstLinesLimit)
            {
                _firstLines.AppendLine(line);
            }
        }
    }

    /// <summary>The process could not be started at all.</summary>
    public void SetFailure(WorkerFailure failure) => Failure = failure;

    /// <summary>No further request is sent to it: a link that is asked to take one refuses.</summary>
    public void Shut()
    {
        Handle.Shut();
        foreach (WorkerLink? link in Links())
        {
            link?.Shut();
        }
    }

    /// <summary>Asks how it does; the answer becomes <see cref="Probe"/>.</summary>
    public void Ping()
    {
        ControlLink? control;
        lock (_lock)
        {
            control = _control;
        }

        control?.Ping();
    }

    /// <summary>Has it stop what runs a stream.</summary>
    public void Interrupt(int link, ulong stream, CancelReason reason)
    {
        ControlLink? control;
        lock (_lock)
        {
            control = _control;
        }

        control?.Interrupt(link, stream, reason);
    }

    /// <summary>Asks the worker to finish and to exit.</summary>
    /// <returns>False when it cannot be asked because it has no control link.</returns>
    public bool Drain(TimeSpan grace)
    {
        ControlLink? control;
        lock (_lock)
        {
            control = _control;
        }

        control?.Drain(grace);
        return control is not null;
    }

    void IControlSink.OnReady(WorkerInfo info)
    {
        WorkerLink[] links;
        lock (_lock)
        {
            links = [.. _links.OfType<WorkerLink>()];
        }

        if (Info is not null || links.Length < _links.Length)
        {
            _events.OnLinkClosed(this, "its READY came twice or before its data links");
            return;
        }

        Info = info;
        Handle.Open(links, new WorkerWindow(info.Concurrency, _limit));
        _events.OnReady(this);
    }

    void IControlSink.OnFailed(WorkerFailure failure) => Failure = failure;

    void IControlSink.OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message)
        => _events.OnLog(this, level, created, logger, message);

    void IControlSink.OnGoodbye(int cancelled, string message)
    {
        if (message.Length > 0)
        {
            _events.OnLog(this, WireLogLevel.Error, DateTimeOffset.UtcNow, "hydra.lifespan", message);
        }

        _events.OnGoodbye(this);
    }

    void IControlSink.OnPong(WorkerProbe probe)
    {
        Probe = probe;
        _events.OnPong(this, probe);
    }

    // Before the worker can notice and answer its requests with whatever its own end makes of them.
    void IControlSink.OnViolation() => CloseDataLinks();

    void IControlSink.OnControlClosed(string? violation)
    {
        _controlClosed.TrySetResult();
        _events.OnLinkClosed(this, violation);
    }
}
