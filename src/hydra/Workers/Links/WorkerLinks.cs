using System.Net.Sockets;
using System.Text;
using Hydra.Jobs;
using Hydra.Protocol;
using Hydra.Topics;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>What the links of a worker tell about it. Called from any thread; must not block.</summary>
internal interface IWorkerSink
{
    /// <summary>The application is loaded, and all links are open.</summary>
    void OnReady();

    /// <summary>The worker cannot serve.</summary>
    void OnFailed(WorkerFailure failure);

    /// <summary>A log record.</summary>
    void OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message);

    /// <summary>The worker has drained and is about to exit.</summary>
    void OnGoodbye();

    /// <summary>A link has closed, because the worker broke a rule of the protocol (then it is named) or just so.</summary>
    void OnLinkClosed(string? violation);
}

/// <summary>How the links of a worker are made.</summary>
/// <param name="Count">How many data links it is to open.</param>
/// <param name="Channel">Makes the channel of a data link from its socket and index.</param>
/// <param name="Limit">Requests that the worker may be given at the same time; 0 for no limit but its own.</param>
/// <param name="InterruptsAbandoned">Whether the thread that runs the request of a client which has left is interrupted.</param>
/// <param name="Loops">The worker's event loops.</param>
/// <param name="KeepsNotes">Whether it is remembered what requests are for: somebody may ask.</param>
/// <param name="State">What the application's workers share; null where they share nothing.</param>
/// <param name="Desk">Where workers leave what those that take their place are to have; null where nothing is left.</param>
/// <param name="Jobs">What workers have other processes do, and do for others; null for nothing.</param>
internal sealed record WorkerLinkOptions(
    int Count, Func<Socket, int, LinkChannel> Channel, int Limit, bool InterruptsAbandoned = false, int Loops = 1, bool KeepsNotes = false, SharedState? State = null,
    HandoverDesk? Desk = null, JobAccess? Jobs = null);

/// <summary>
/// The links of one worker process: the control link and the data links, from the HELLO of each to the end of the process. Any thread;
/// <c>_lock</c> guards what arrives.
/// </summary>
internal sealed class WorkerLinks : ILinkOwner, IControlSink
{
    private readonly Lock _lock = new();
    private readonly IWorkerSink _sink;
    private readonly WorkerLinkOptions _options;
    private readonly byte[] _token;
    private readonly WorkerLink?[] _data;
    private readonly TaskCompletionSource _controlClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Inspections _inspections = new();
    private readonly StateLinks _state;
    private readonly Collections _collections = new();
    private ControlLink? _control;
    private volatile bool _hasEnded;

    /// <summary>Waits for the links of a worker that is about to be started.</summary>
    /// <param name="index">The worker's index, from 0.</param>
    /// <param name="options">How they are made.</param>
    /// <param name="sink">Who hears of the worker.</param>
    public WorkerLinks(int index, WorkerLinkOptions options, IWorkerSink sink)
    {
        _options = options;
        _sink = sink;
        _data = new WorkerLink?[options.Count];
        TopicAccess? topics = TopicAccess.Open(options.State?.Topics);
        // From the system's random source, as all version 4 GUIDs of .NET; RandomNumberGenerator would need OpenSSL on Linux.
        TokenText = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
        _token = Encoding.ASCII.GetBytes(TokenText);
        Handle = new WorkerHandle(index) { Topics = topics };
        HandoverAccess? handover = options.Desk is { } desk ? new HandoverAccess(desk, Handle) : null;
        JobSeat? jobs = options.Jobs is { } access ? new JobSeat(access, Handle) : null;
        _state = new StateLinks(options.State?.Values, topics, handover, jobs, options.Channel, options.Count);
    }

    /// <summary>The worker as dispatch sees it.</summary>
    public WorkerHandle Handle { get; }

    /// <summary>The token for the boot document.</summary>
    public string TokenText { get; }

    /// <summary>What the worker said of itself when it got ready.</summary>
    public WorkerInfo? Info { get; private set; }

    /// <summary>Its latest answer to a PING; null before the first.</summary>
    public WorkerProbe? Probe { get; private set; }

    /// <summary>Whether its control link was ever open.</summary>
    public bool HasConnected { get; private set; }

    /// <summary>Completes when all that the worker said on its control link was heard; at once if it never opened one.</summary>
    public Task ControlDone => HasConnected ? _controlClosed.Task : Task.CompletedTask;

    /// <summary>Its data links; all of them once it is ready.</summary>
    public IReadOnlyList<WorkerLink> Data
    {
        get
        {
            lock (_lock)
            {
                return [.. _data.OfType<WorkerLink>()];
            }
        }
    }

    /// <summary>Requests that were sent to it, from the first on.</summary>
    public long Opened => Data.Sum(static link => link.Opened);

    /// <summary>Requests whose response has not begun, and all that were sent so far.</summary>
    public (int Waiting, long Opened) ReadLoad()
    {
        (int waiting, long opened) = (0, 0);
        foreach (WorkerLink link in Data)
        {
            (int its, long sent) = link.ReadLoad();
            waiting += its;
            opened += sent;
        }

        return (waiting, opened);
    }

    /// <summary>Requests that it may still finish: not those whose time was over.</summary>
    public int ToFinish => Handle.InFlight == 0 ? 0 : Data.Sum(static link => link.CountToFinish());

    ReadOnlySpan<byte> ILinkOwner.Token => _token;

    /// <summary>No further request is sent to it: a link that is asked to take one refuses.</summary>
    public void Shut()
    {
        Handle.Shut();
        foreach (WorkerLink link in Data)
        {
            link.Shut();
        }
    }

    /// <summary>It is to go: connections that can go on in another worker leave it.</summary>
    /// <returns>How many do.</returns>
    public int Leave(ResumeReason reason)
    {
        Handle.Leaving = reason;
        return Data.Sum(static link => link.Leave());
    }

    /// <summary>Asks how it does; the answer becomes <see cref="Probe"/>.</summary>
    public void Ping() => Control()?.Ping();

    /// <summary>Has it stop what runs a stream.</summary>
    public void Interrupt(int link, ulong stream, CancelReason reason) => Control()?.Interrupt(link, stream, reason);

    /// <summary>Whether it can be asked where its code is.</summary>
    public bool IsInspectable => Info is { } info && (info.Features & InterfaceFeatures.Inspection) != 0;

    /// <summary>Asks where its code is. Only where <see cref="IsInspectable"/>.</summary>
    /// <param name="link">The data link of the stream that is meant.</param>
    /// <param name="stream">The stream; 0 for all threads and tasks.</param>
    /// <param name="limit">How long it may take to answer.</param>
    /// <returns>The answer, empty where the stream is not there any more; null when it has ended.</returns>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    public async Task<string?> InspectAsync(int link, ulong stream, TimeSpan limit)
    {
        if (Control() is not { } control)
        {
            return null;
        }

        Task<string?> answer = _inspections.Ask(out uint sequence);
        try
        {
            if (!answer.IsCompleted)
            {
                control.Inspect(sequence, link, stream);
            }

            return await answer.WaitAsync(limit).ConfigureAwait(false);
        }
        finally
        {
            _inspections.Forget(sequence);
        }
    }

    /// <summary>What was counted, as its last answer has it; null before the first.</summary>
    public CollectedText? Collected => _collections.Last;

    /// <summary>Asks what was counted, unless it owes an answer already; that becomes <see cref="Collected"/>.</summary>
    /// <param name="limit">How long to wait for it.</param>
    /// <returns>False when it does not answer in time; true also where it cannot be asked.</returns>
    public async Task<bool> CollectAsync(TimeSpan limit)
    {
        if (Info is not { } info || (info.Features & InterfaceFeatures.Collection) == 0 || Control() is not { } control)
        {
            return true;
        }

        Task answer = _collections.Ask(out uint sequence);
        if (sequence != 0)
        {
            control.Collect(sequence);
        }

        return await Task.WhenAny(answer, Task.Delay(limit)).ConfigureAwait(false) == answer;
    }

    /// <summary>Has responses without an end of their own come to theirs, before what still runs is cut off in this time.</summary>
    public void Part(TimeSpan rest, bool sessions) => Control()?.Part(rest, sessions);

    /// <summary>Asks the worker to finish and to exit.</summary>
    /// <returns>False when it cannot be asked because it has no control link.</returns>
    public bool Drain(TimeSpan grace)
    {
        ControlLink? control = Control();
        control?.Drain(grace);
        return control is not null;
    }

    /// <summary>Closes all links; requests on them are lost.</summary>
    public void Close()
    {
        Control()?.Close();
        CloseData();
    }

    /// <summary>The process has ended: its links close, and none is taken any more.</summary>
    public void End()
    {
        _hasEnded = true;
        Close();
        _state.End();
    }

    string? ILinkOwner.Accept(Socket socket, LinkIdentity identity, ReadOnlySpan<byte> welcome)
        => _hasEnded ? "its worker has ended"
            : identity.Kind is LinkKind.Control ? AcceptControl(socket, welcome)
            : identity.Kind is LinkKind.State ? _state.Accept(socket, identity.ProcessId, welcome)
            : AcceptData(socket, identity.Index, welcome);

    void IControlSink.OnReady(WorkerInfo info)
    {
        IReadOnlyList<WorkerLink> links = Data;
        if (Info is not null || links.Count < _data.Length)
        {
            _sink.OnLinkClosed("its READY came twice or before its data links");
            return;
        }

        Info = info;
        Handle.Features = info.Features;
        Handle.Open([.. links], new WorkerWindow(info.Concurrency, _options.Limit, _options.Loops), _options.Loops);
        _sink.OnReady();
    }

    void IControlSink.OnFailed(WorkerFailure failure) => _sink.OnFailed(failure);

    void IControlSink.OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message)
        => _sink.OnLog(level, created, logger, message);

    void IControlSink.OnGoodbye(int cancelled, string message)
    {
        if (message.Length > 0)
        {
            _sink.OnLog(WireLogLevel.Error, DateTimeOffset.UtcNow, "hydra.lifespan", message);
        }

        _sink.OnGoodbye();
    }

    void IControlSink.OnPong(WorkerProbe probe) => Probe = probe;

    bool IControlSink.OnStacks(uint sequence, string text) => _inspections.Answer(sequence, text);

    string? IControlSink.OnCollected(uint sequence, CollectOutcome outcome, ReadOnlySpan<byte> text, bool more)
        => _collections.Add(sequence, outcome, text, more);

    // Before the worker can notice and answer its requests with whatever its own end makes of them.
    void IControlSink.OnViolation() => CloseData();

    void IControlSink.OnControlClosed(string? violation)
    {
        _controlClosed.TrySetResult();
        _inspections.End();
        _collections.End();
        _sink.OnLinkClosed(violation);
    }

    private string? AcceptControl(Socket socket, ReadOnlySpan<byte> welcome)
    {
        ControlLink control;
        lock (_lock)
        {
            if (_control is not null)
            {
                return "its worker has a control link already";
            }

            // Under the lock, so that no DRAIN can come before it. The socket is new: these few bytes are taken at once. A worker that has them
            // may fail and end before this thread goes on, and what it says is to be waited for.
            HasConnected = true;
            socket.Send(welcome);
            _control = control = new ControlLink(new SocketLinkChannel(socket), this);
        }

        control.Start();
        return null;
    }

    private string? AcceptData(Socket socket, int index, ReadOnlySpan<byte> welcome)
    {
        const string Refusal = "its worker has all its data links already";
        if (index >= _data.Length)
        {
            return Refusal;
        }

        // Outside the lock: it may wait for the front's loops to be there.
        var link = new WorkerLink(_options.Channel(socket, index), Handle, index, OnDataClosed)
        {
            Abandoned = _options.InterruptsAbandoned ? id => InterruptAbandoned(index, id) : null,
            Notes = _options.KeepsNotes ? new StreamNotes() : null,
        };
        lock (_lock)
        {
            if (_data[index] is not null)
            {
                return Refusal;
            }

            _data[index] = link;
        }

        socket.Send(welcome);
        link.Start();
        return null;
    }

    // Where requests are tasks of an event loop they hear of it by receive() and send().
    private void InterruptAbandoned(int link, ulong id)
    {
        if (Info is { } info && (info.Features & InterfaceFeatures.InterruptibleThreads) != 0)
        {
            Interrupt(link, id, CancelReason.ClientLeft);
        }
    }

    private void OnDataClosed(WorkerLink link, string? violation)
    {
        Handle.Shut();
        _sink.OnLinkClosed(violation);
    }

    private void CloseData()
    {
        foreach (WorkerLink link in Data)
        {
            link.Close();
        }
    }

    private ControlLink? Control()
    {
        lock (_lock)
        {
            return _control;
        }
    }
}
