using System.Threading.Tasks.Sources;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Dispatch;

/// <summary>
/// One request between its client and a worker: the state machine that every kind of request shares. Three parties meet here: the
/// handler, which waits for the answer (<see cref="ResultAsync"/>); the worker link's reading side (the upstream callbacks); and whoever
/// reports that the client has left (<see cref="Abandon"/>). <see cref="Lock"/> guards the state, and whatever a subclass says.
/// </summary>
/// <remarks>
/// No call into a link or the dispatcher is made under the lock: both take theirs first. A subclass decides what the worker's messages
/// mean; it moves the state with <see cref="StateOf"/>, <see cref="Begin"/> and <see cref="BreakOff"/> under the lock, and lets the
/// handler go on with <see cref="Answer"/> when the lock is free.
/// </remarks>
internal abstract class Exchange : QueuedStream, IValueTaskSource<ExchangeResult>
{
    // A frame of a stream that has ended may be on its way to a callback: it must not be taken for one of the next request's.
    private const ulong NoStream = ulong.MaxValue;

    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<ExchangeResult> _answer;
    private volatile ExchangeState _state;
    private Dispatcher _dispatcher = null!;
    private WorkerLink? _link;
    private ulong _id = NoStream;

    /// <summary>The request's method, for the log and for what may be sent twice.</summary>
    public abstract string Method { get; }

    /// <summary>The request's path, for the log.</summary>
    public abstract string Path { get; }

    /// <summary>Whether the front has the whole request, so that it can be sent to another worker as it is.</summary>
    public abstract bool IsReplayable { get; }

    /// <summary>Why there is no answer, or not all of it.</summary>
    public Failure Failure { get; private set; }

    /// <summary>More about the failure for the log: the rule that was broken, or what failed; null where there is no more.</summary>
    public string? Detail { get; private set; }

    /// <summary>Seconds after which the client of a refused request may try again.</summary>
    public int RetryAfter { get; private set; }

    /// <summary>The worker that took the request last, or -1.</summary>
    public int WorkerIndex { get; private set; } = -1;

    /// <summary>How the worker was lost, where that is the failure.</summary>
    public StreamLoss Loss { get; private set; }

    /// <summary>The worker that was lost.</summary>
    public WorkerHandle? Lost => _link?.Worker;

    /// <summary>How the request is called in the logs of both sides, once a worker has it.</summary>
    public string RequestName => WorkerLink.NameOf(_link!.Index, _id);

    /// <summary>Whether the request was handed to the dispatcher: <see cref="ResultAsync"/> says what becomes of it.</summary>
    public bool IsSubmitted => _state is not ExchangeState.Idle;

    /// <summary>Whether it is over, for whatever reason. Any thread.</summary>
    public bool IsEnded => _state is ExchangeState.Ended;

    /// <inheritdoc/>
    public override bool IsWaiting => _state is ExchangeState.Waiting;

    /// <summary>Guards the state, and the parts of a subclass that the callbacks share with the handler.</summary>
    protected Lock Lock => _lock;

    /// <summary>Who finds a worker for the request; set when it is submitted.</summary>
    protected Dispatcher Workers => _dispatcher;

    /// <summary>The link of the worker that has the request; null before one has it.</summary>
    protected WorkerLink? Link => _link;

    /// <summary>The id of its stream on that link.</summary>
    protected ulong Id => _id;

    /// <summary>Waits for the answer, or for what prevents it. Once for each <see cref="Submit"/>.</summary>
    public ValueTask<ExchangeResult> ResultAsync() => new(this, _answer.Version);

    /// <summary>Hands the request to the dispatcher.</summary>
    /// <param name="dispatcher">Who finds a worker for it.</param>
    /// <param name="loop">The client's event loop; 0 where there is one.</param>
    public void Submit(Dispatcher dispatcher, int loop)
    {
        lock (_lock)
        {
            _dispatcher = dispatcher;
            _answer.Reset();
            _link = null;
            Failure = Failure.None;
            Detail = null;
            _state = ExchangeState.Waiting;
        }

        OnSubmitting();
        dispatcher.Submit(this, loop);
    }

    /// <summary>Ends the request from the client's or the handler's side. Nothing happens when it is over. Any thread.</summary>
    /// <param name="failure">What it is called.</param>
    /// <param name="reason">What the worker is told, if it has the request.</param>
    /// <param name="message">The failure as a sentence.</param>
    public void Abandon(Failure failure, CancelReason reason, string message)
    {
        ExchangeState before;
        lock (_lock)
        {
            before = _state;
            if (before is ExchangeState.Idle or ExchangeState.Ended)
            {
                return;
            }

            BreakOff(failure, message);
        }

        if (before is ExchangeState.Waiting)
        {
            _dispatcher.Withdraw(this);
        }
        else
        {
            _link!.Cancel(_id, reason);
        }

        Tell(before, message);
    }

    /// <summary>Hands the request to the dispatcher once more, in front of those that were not sent yet.</summary>
    public abstract ValueTask SendAgainAsync(Dispatcher dispatcher);

    /// <summary>It has failed, and is known to have killed workers before: it is kept from a further one.</summary>
    public void Convict() => Failure = Failure.Convicted;

    /// <summary>A number by which the request is recognised when it comes again.</summary>
    public ulong Fingerprint() => RequestFingerprint.Of(RequestFrame);

    /// <inheritdoc/>
    public override bool OnSending(WorkerLink link, ulong id)
    {
        lock (_lock)
        {
            if (_state is not ExchangeState.Waiting)
            {
                return false;
            }

            _state = ExchangeState.Sent;
            _link = link;
            _id = id;
            WorkerIndex = link.Worker.Index;
            OnSent(link, id);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void OnReset(ulong id, ResetReason reason, string message)
        => Fail(id, FailureOf(reason), message, message);

    /// <inheritdoc/>
    public override void OnLost(ulong id, StreamLoss loss) => Fail(id, Failure.WorkerLost, "the worker was lost", null, loss);

    /// <inheritdoc/>
    public override DeadlineVerdict OnDeadline(ulong id)
    {
        lock (_lock)
        {
            if (StateOf(id) is not ExchangeState.Sent)
            {
                return DeadlineVerdict.Over;
            }

            if (AwaitsClient)
            {
                return DeadlineVerdict.AwaitsClient;
            }

            // The handler is told when the link's gate is free.
            BreakOff(Failure.TimedOut, null);
            return DeadlineVerdict.TimedOut;
        }
    }

    /// <inheritdoc/>
    public override bool IsAwaitingClient(ulong id)
    {
        lock (_lock)
        {
            return StateOf(id) is not ExchangeState.Sent || AwaitsClient;
        }
    }

    /// <inheritdoc/>
    public override void OnTimedOut(ulong id) => Answer(ExchangeResult.Failed);

    /// <inheritdoc/>
    public override bool TryRefuse(in Refusal refusal)
    {
        lock (_lock)
        {
            if (_state is not ExchangeState.Waiting)
            {
                return false;
            }

            BreakOff(refusal.Reason, null);
            RetryAfter = refusal.RetryAfter;
            return true;
        }
    }

    /// <inheritdoc/>
    public override void OnRefused() => Answer(ExchangeResult.Failed);

    ExchangeResult IValueTaskSource<ExchangeResult>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ExchangeResult>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<ExchangeResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _answer.OnCompleted(continuation, state, token, flags);

    /// <summary>The request is about to be given to the dispatcher; whoever may end it from outside is told of it here.</summary>
    protected virtual void OnSubmitting()
    {
    }

    /// <summary>A worker is about to get the request. Under the lock and the link's gate.</summary>
    protected virtual void OnSent(WorkerLink link, ulong id)
    {
    }

    /// <summary>Whether the worker cannot go on because the client is slow: such time does not count. Under the lock.</summary>
    protected virtual bool AwaitsClient => false;

    /// <summary>The answer had begun and cannot be completed. Under no lock.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="message">The same as a sentence.</param>
    protected abstract void OnBrokenOff(Failure failure, string message);

    /// <summary>Where the stream is that a worker's message is for: over, unless it is the present one. Under the lock.</summary>
    protected ExchangeState StateOf(ulong id) => _id == id ? _state : ExchangeState.Ended;

    /// <summary>The answer has begun. Under the lock.</summary>
    /// <param name="isWhole">Whether that is all of it.</param>
    protected void Begin(bool isWhole) => _state = isWhole ? ExchangeState.Ended : ExchangeState.Streaming;

    /// <summary>The answer is complete. Under the lock.</summary>
    protected void Complete() => _state = ExchangeState.Ended;

    /// <summary>There is no answer, or no more of it. Under the lock.</summary>
    protected void BreakOff(Failure failure, string? detail)
    {
        _state = ExchangeState.Ended;
        Failure = failure;
        Detail = detail;
        OnBreakingOff(failure);
    }

    /// <summary>There is no answer of the worker that has it, or no more of it. Under the lock.</summary>
    protected virtual void OnBreakingOff(Failure failure)
    {
    }

    /// <summary>Lets the handler go on, inside this call: it may begin the next request with this object. Under no lock.</summary>
    protected void Answer(ExchangeResult result) => _answer.SetResult(result);

    /// <summary>
    /// No worker has it any more, and another one is to get it, in front of what was not sent yet: <see cref="ResultAsync"/> says what comes of that. Under the lock;
    /// <see cref="SubmitAgain"/> is due. Whatever ends it until then counts.
    /// </summary>
    protected void BeginAgain()
    {
        _answer.Reset();
        _link = null;
        _id = NoStream;
        Failure = Failure.None;
        Detail = null;
        IsRetry = true;
        Suspicion = 0;
        QueueMicroseconds = 0;
        _state = ExchangeState.Waiting;
    }

    /// <summary>Sends it to a worker as <see cref="BeginAgain"/> has left it.</summary>
    /// <returns>False when that has no room now; null when it does not serve.</returns>
    protected bool? TrySubmitAgain(int loop, WorkerHandle worker)
    {
        Loop = loop;
        return Successor.TrySend(this, worker);
    }

    /// <summary>Hands it to the dispatcher as <see cref="BeginAgain"/> has left it.</summary>
    /// <param name="loop">The client's event loop.</param>
    protected void SubmitAgain(int loop) => _dispatcher.Submit(this, loop);

    /// <summary>Makes ready for a new request.</summary>
    protected void Restart()
    {
        WorkerIndex = -1;
        Failure = Failure.None;
        Detail = null;
        IsRetry = false;
        Suspicion = 0;
        Place = 0;
        QueueMicroseconds = 0;
    }

    /// <summary>The request is over: whatever still comes for its stream is for nobody.</summary>
    protected void Retire()
    {
        Abandon(Failure.ClientGone, CancelReason.FrontError, "the request is over");
        lock (_lock)
        {
            _state = ExchangeState.Idle;
            _id = NoStream;
        }
    }

    // An application that ends without an answer because it was told that its client closes has not failed.
    private static Failure FailureOf(ResetReason reason) => reason switch
    {
        ResetReason.NotStarted => Failure.NotStarted,
        ResetReason.Cancelled => Failure.ClientGone,
        _ => Failure.ApplicationError,
    };

    // Ends the exchange from the worker's side.
    private void Fail(ulong id, Failure failure, string message, string? detail, StreamLoss loss = StreamLoss.LinkLost)
    {
        ExchangeState before;
        lock (_lock)
        {
            before = StateOf(id);
            if (before is not (ExchangeState.Sent or ExchangeState.Streaming))
            {
                return;
            }

            BreakOff(failure, detail);
            Loss = loss;
        }

        Tell(before, message);
    }

    private void Tell(ExchangeState before, string message)
    {
        if (before is ExchangeState.Streaming)
        {
            OnBrokenOff(Failure, message);
        }
        else
        {
            Answer(ExchangeResult.Failed);
        }
    }
}
