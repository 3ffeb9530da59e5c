using System.Threading.Tasks.Sources;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>
/// One request between its client and a worker. Three parties meet here: the request handler, the worker link's reading side
/// (the upstream callbacks) and whoever reports that the client has left. <c>_lock</c> guards the state and, while the handler waits
/// for the head, the HttpContext's response: a callback applies the head to it directly, so that a small response is copied once.
/// No call into a link is made under <c>_lock</c>: links take their gate first.
/// </summary>
internal sealed partial class HttpExchange : Exchange, IValueTaskSource<ExchangeOutcome>
{
    // A frame of a stream that has ended may be on its way to a callback: it must not be taken for one of the next request's.
    private const ulong NoStream = ulong.MaxValue;

    private readonly Lock _lock = new();
    private readonly RequestForwarder _forwarder;
    private readonly ClientConnection _connection;
    private readonly RequestFrameWriter _frame = new();
    private ManualResetValueTaskSourceCore<ExchangeOutcome> _head;

    // The request that is handled, and where it is.
    private HttpContext _context = null!;
    private volatile ExchangeState _state;
    private Dispatcher _dispatcher = null!;
    private WorkerLink? _link;
    private ulong _id;

    /// <summary>Makes an exchange for the requests of one connection.</summary>
    public HttpExchange(RequestForwarder forwarder, ClientConnection connection)
    {
        _forwarder = forwarder;
        _connection = connection;
        _creditGranted.RunContinuationsAsynchronously = true;
    }

    /// <summary>The rule that the response broke, when the outcome was <see cref="ExchangeOutcome.BadResponse"/>, or what failed.</summary>
    public string? Rule { get; private set; }

    /// <summary>The worker that took the request last, or -1.</summary>
    public int WorkerIndex { get; private set; }

    /// <summary>The request's path, for the log.</summary>
    public string Path => _context.Request.Path;

    /// <summary>How the worker was lost, when the outcome was <see cref="ExchangeOutcome.LinkLost"/>.</summary>
    public StreamLoss Loss { get; private set; }

    /// <summary>The worker that was lost.</summary>
    public WorkerHandle? Lost => _link?.Worker;

    /// <summary>Why the request was refused, when the outcome was <see cref="ExchangeOutcome.Refused"/>.</summary>
    public Refusal Refusal { get; private set; }

    /// <summary>Whether the request was handed to the dispatcher: <see cref="HeadAsync"/> says what becomes of it.</summary>
    public bool IsSubmitted => _state is not ExchangeState.Idle;

    /// <inheritdoc/>
    public override bool IsWaiting => _state is ExchangeState.Waiting;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> RequestFrame => _frame.Frame;

    /// <summary>Waits for the head of the response or for what prevents it.</summary>
    public ValueTask<ExchangeOutcome> HeadAsync() => new(this, _head.Version);

    /// <summary>The request is over: forgets it, so that the next one can begin.</summary>
    public void Release()
    {
        Abandon(ExchangeOutcome.ClientGone, CancelReason.FrontError);
        lock (_lock)
        {
            _state = ExchangeState.Idle;
            _id = NoStream;
        }

        ReleaseRequest();
        GiveBack(_extraCredit);
        _context = null!;
        _bodyReceived = 0;
        _isBodyRead = false;
        if (_body is not null)
        {
            _body.Reader.Complete();
            _body = null;
        }
    }

    /// <summary>The client's connection is gone. Any thread.</summary>
    public void OnClientGone() => Abandon(ExchangeOutcome.ClientGone, CancelReason.ClientLeft);

    /// <inheritdoc/>
    public override bool OnSending(WorkerLink link, ulong id)
    {
        lock (_lock)
        {
            if (_state != ExchangeState.Waiting)
            {
                return false;
            }

            _state = ExchangeState.Sent;
            _link = link;
            _id = id;
            WorkerIndex = link.Worker.Index;
        }

        if (!_isWhole && _requestCredit > 0)
        {
            // The frame with the head leaves first: the body's sender goes on in the thread pool and meets the link's gate.
            _creditGranted.Set();
        }

        return true;
    }

    /// <inheritdoc/>
    public override void OnReset(ulong id, ResetReason reason, string message)
    {
        Rule = message;
        Fail(id, reason is ResetReason.NotStarted ? ExchangeOutcome.NotStarted : ExchangeOutcome.ApplicationError, message);
    }

    /// <inheritdoc/>
    public override void OnLost(ulong id, StreamLoss loss)
    {
        Loss = loss;
        Fail(id, ExchangeOutcome.LinkLost, "the worker was lost");
    }

    /// <inheritdoc/>
    public override bool TryRefuse(in Refusal refusal)
    {
        lock (_lock)
        {
            if (_state is not ExchangeState.Waiting)
            {
                return false;
            }

            _state = ExchangeState.Ended;
            Refusal = refusal;
            return true;
        }
    }

    /// <inheritdoc/>
    public override void OnRefused() => _head.SetResult(ExchangeOutcome.Refused);

    ExchangeOutcome IValueTaskSource<ExchangeOutcome>.GetResult(short token) => _head.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ExchangeOutcome>.GetStatus(short token) => _head.GetStatus(token);

    void IValueTaskSource<ExchangeOutcome>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _head.OnCompleted(continuation, state, token, flags);

    // Ends the exchange from the worker's side.
    private void Fail(ulong id, ExchangeOutcome outcome, string message)
    {
        ExchangeState before;
        lock (_lock)
        {
            if (_id != id || _state is not (ExchangeState.Sent or ExchangeState.Streaming))
            {
                return;
            }

            before = _state;
            _state = ExchangeState.Ended;
        }

        End(before, outcome, message);
    }

    // Ends the exchange from the client's or the handler's side.
    private void Abandon(ExchangeOutcome outcome, CancelReason reason, string message = "the client has left")
    {
        ExchangeState before;
        lock (_lock)
        {
            if (_state is not (ExchangeState.Waiting or ExchangeState.Sent or ExchangeState.Streaming))
            {
                return;
            }

            before = _state;
            _state = ExchangeState.Ended;
        }

        if (before is ExchangeState.Waiting)
        {
            _dispatcher.Withdraw(this);
        }
        else
        {
            _link!.Cancel(_id, reason);
        }

        End(before, outcome, message);
    }

    private void End(ExchangeState before, ExchangeOutcome outcome, string message)
    {
        if (before is ExchangeState.Streaming)
        {
            _body!.Writer.Complete(new ResponseFailedException(message, outcome));
        }
        else
        {
            _head.SetResult(outcome);
        }
    }
}
