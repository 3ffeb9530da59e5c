using System.Buffers;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>A session's messages both ways, with what each side may send, and what becomes of them when another worker goes on with it.</summary>
internal abstract class ResumableSession : HttpExchange
{
    private readonly int _window;

    // What workers have sent that have it no more.
    private readonly LeftCredit _leftOver = new();

    // Bytes that the worker may still send, and those that the client has taken since it was told so last. Under the lock, as whether the request is kept.
    private long _credit;
    private long _taken;
    private bool _keepsRequest;

    /// <summary>Makes an exchange for one request.</summary>
    /// <param name="forwarder">Who sends it.</param>
    /// <param name="bodies">Windows and memory of its application.</param>
    /// <param name="sessions">What holds for sessions.</param>
    protected ResumableSession(RequestForwarder forwarder, BodyResources bodies, WebSocketSession sessions)
        : base(forwarder, bodies, FrameFlags.Session)
    {
        Metrics = sessions.Metrics;
        _window = bodies.Options.ResponseWindow;
        _credit = _window;
        Input = new SessionInput(SendData, sessions.Options.MaxMessage, bodies.Options.RequestWindow, bodies.Memory, Metrics);
        Output = new SessionOutput(OnTaken);
    }

    /// <summary>From the client to the application.</summary>
    public SessionInput Input { get; }

    /// <summary>From the application to the client.</summary>
    public SessionOutput Output { get; }

    /// <summary>Whether the application has accepted it.</summary>
    public bool IsAccepted { get; protected set; }

    /// <summary>The subprotocol that the application has chosen; null where it has chosen none.</summary>
    public string? Subprotocol { get; protected set; }

    /// <summary>Counts messages; null where nobody wants to know.</summary>
    protected SessionMetrics? Metrics { get; }

    /// <inheritdoc/>
    protected override bool IsAtWork => Input.Credit.HasUnacknowledged;

    /// <inheritdoc/>
    public override void OnKeepAsked(ulong id)
    {
        lock (Lock)
        {
            _keepsRequest |= StateOf(id) is ExchangeState.Sent;
        }
    }

    /// <inheritdoc/>
    public override void ReleaseRequest()
    {
        if (!_keepsRequest)
        {
            base.ReleaseRequest();
        }
    }

    /// <inheritdoc/>
    /// <remarks>One that goes on is denied by another worker: there is no response any more.</remarks>
    public override bool OnResponse(ulong id, in ResponseMessage response, bool end)
        => Deny(id, end) || base.OnResponse(id, response, end);

    /// <inheritdoc/>
    public override bool OnFileResponse(ulong id, in ResponseMessage response, in FileMessage file, bool end)
        => Deny(id, end) || base.OnFileResponse(id, response, file, end);

    /// <inheritdoc/>
    protected override StateStatus CheckSave(ExchangeState state)
        => IsAccepted && !_keepsRequest ? StateStatus.Refused : StateStatus.Done;

    /// <inheritdoc/>
    protected override bool Acknowledge(long count)
    {
        Input.Credit.Keep(Resources.Resume, OnLapsed);
        return Input.Credit.Acknowledge(count);
    }

    /// <inheritdoc/>
    protected override long Hold()
    {
        Input.Credit.Hold();
        return Input.Credit.From;
    }

    /// <inheritdoc/>
    protected override bool MayMove() => base.MayMove() && IsAccepted && _leftOver.IsWithin(_window, Waiting);

    /// <inheritdoc/>
    protected override void OnMoving()
    {
        _leftOver.Add(Waiting);
        _credit = _window;
        _taken = 0;
    }

    /// <inheritdoc/>
    protected override void CutOff(WorkerLink link, ulong id) => link.CloseSession(id, SessionEnd.ServiceRestart, []);

    /// <inheritdoc/>
    protected override void PrepareFor(Resumption resumption) => TellResume(resumption, FrameFlags.Session, Subprotocol);

    /// <inheritdoc/>
    protected override void OnMoveFailed(Failure failure, ushort code)
    {
        EndTopics();
        Input.Stop();
        Output.Close(code, []);
    }

    // Of what the present worker has sent, what the client has not taken.
    private long Waiting => _window - _credit - _taken;

    /// <summary>Another worker has accepted it, and the client knows of nothing: what was not acknowledged is given again, and what has come since.</summary>
    /// <param name="differs">Whether it was accepted with something else than before.</param>
    protected void GoOn(bool differs)
    {
        long acknowledged;
        lock (Lock)
        {
            acknowledged = Resumption!.Acknowledged;
        }

        long first = Input.Credit.Resume(acknowledged);
        lock (Lock)
        {
            if (Resumption is { } own)
            {
                own.First = first;
            }
        }

        if (differs && Resources.Resume.OnDiffers())
        {
            HttpLog.AcceptedOtherwise(Resources.Logger, WorkerIndex, Path);
        }
    }

    // Whether it was denied by a worker that was to go on with it.
    private bool Deny(ulong id, bool end)
    {
        lock (Lock)
        {
            if (!IsMoving || StateOf(id) is not ExchangeState.Sent)
            {
                return false;
            }

            EndResumption();
            Complete();
        }

        if (!end)
        {
            Link!.Cancel(id, CancelReason.FrontError);
        }

        OnMoveFailed(Failure.None, SessionEnd.PolicyViolation);
        Answer(ExchangeResult.Failed);
        return true;
    }

    // The application has had more than may be kept, and acknowledges nothing.
    private void OnLapsed()
    {
        lock (Lock)
        {
            Resumption?.Disarm();
        }

        if (Resources.Resume.OnLapsed())
        {
            HttpLog.ResumptionLapsed(Resources.Logger, WorkerIndex, Path, Resources.Resume.MostKept);
        }
    }

    /// <summary>The worker sends a message, or a part of one. Under the lock.</summary>
    /// <returns>False where that is more than it may.</returns>
    protected bool TryTakeCredit(int size)
    {
        _credit -= size + ProtocolLimits.DataCost;
        return _credit >= 0;
    }

    // What goes to no worker now is kept, and given to the next one.
    private void SendData(in ReadOnlySequence<byte> data, FrameFlags flags) => Link?.SendData(Id, data, flags);

    // The client's connection has taken a message: the worker may send as much again, when that is half of all that it may.
    private void OnTaken(int cost)
    {
        uint credit = 0;
        WorkerLink? link;
        ulong id;
        lock (Lock)
        {
            id = Id;
            link = Link;
            _taken += _leftOver.Reduce(cost);
            if (_taken * 2 >= _window && StateOf(id) is ExchangeState.Streaming)
            {
                credit = (uint)_taken;
                _credit += _taken;
                _taken = 0;
            }
        }

        if (credit > 0)
        {
            link!.SendWindow(id, credit);
        }
    }
}
