using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Topics;
using Hydra.Tracing;
using Hydra.Workers.Links;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>
/// One HTTP request and its response: its frame, and its body on the way to the worker. Serves one request after the other.
/// </summary>
internal class HttpExchange : ResumableResponse
{
    // Milliseconds. A client that only wants the answer closes its sending side right behind the request; one that leaves does it later.
    private const long WithTheRequest = 20;

    private readonly RequestForwarder _forwarder;
    private readonly FrameFlags _flags;
    private readonly RequestFrameWriter _frame = new();
    private readonly RequestBody _body;

    // What keeps the request together with others, and what its worker was told of that: 0 when it knows the key.
    private AffinityKey? _key;
    private uint _moveToken;

    // For a request that is not whole in its frame; made when the first one comes.
    private RequestUpload? _upload;
    private CancellationTokenRegistration _lifetime;

    // What the client of a response that streams has subscribed to; null for nothing. Under the lock.
    private StreamTarget? _topics;

    /// <summary>Makes an exchange.</summary>
    /// <param name="forwarder">Who sends it.</param>
    /// <param name="bodies">Windows, bounds and memory of its application.</param>
    /// <param name="flags">What the frames of its requests say, which have no bodies then.</param>
    public HttpExchange(RequestForwarder forwarder, BodyResources bodies, FrameFlags flags = FrameFlags.None)
        : base(bodies)
    {
        _forwarder = forwarder;
        _flags = flags;
        _body = new RequestBody(bodies, _frame);
    }

    /// <summary>The request's body before a worker sees it.</summary>
    public RequestBody Body => _body;

    /// <inheritdoc/>
    public override string Method => Context.Http.Request.Method;

    /// <inheritdoc/>
    public override string Path => Context.Http.Request.Path;

    /// <inheritdoc/>
    public override bool IsReplayable => _body.IsReplayable;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> RequestFrame => _frame.Frame;

    /// <inheritdoc/>
    public override long HeldBytes => _body.BytesInMemory;

    /// <summary>Whether some of the request's body may still be on its way to the worker: <see cref="StopBodyAsync"/> is due.</summary>
    public bool SendsBody => _upload is { IsRunning: true };

    /// <inheritdoc/>
    protected override bool IsRequestWhole => _body.IsWhole;

    /// <inheritdoc/>
    protected override bool AwaitsClient => !_body.IsWhole && _upload!.AwaitsClient;

    /// <summary>Takes a request: builds its frame with as much of the body as has arrived.</summary>
    /// <param name="context">The request.</param>
    /// <param name="facts">What the worker is told about it.</param>
    /// <param name="workers">Who gets it.</param>
    /// <param name="key">The key by which it is kept together with others; null where nobody keeps requests together.</param>
    public Failure Begin(RequestContext context, RequestFacts facts, Dispatcher workers, AffinityKey? key = null)
    {
        BeginResponse(context);
        Restart();
        _key = key;
        IFeatureCollection features = context.Http.Features;
        var request = (IHttpRequestFeature)features[typeof(IHttpRequestFeature)]!;
        Failure failure = _frame.WriteHead(request, facts, context.Connection.Head);
        context.Connection.OnHeadRead();
        if (context.Trace.Telling is not TraceTelling.AsSent && failure is Failure.None)
        {
            failure = _frame.TellTrace(context.Trace);
        }

        if (key is not null && failure is Failure.None)
        {
            Place = key.Place;
            failure = _frame.TellAffinity(key.Text);
        }

        if (failure is not Failure.None)
        {
            return failure;
        }

        if (_flags is FrameFlags.None && features[typeof(IHttpRequestBodyDetectionFeature)] is IHttpRequestBodyDetectionFeature { CanHaveBody: true })
        {
            return _body.Begin(context.Http.Request, workers);
        }

        _body.BeginWithout(_flags);
        return Failure.None;
    }

    /// <summary>Reads the body, as far as it is to be held. To be awaited where <see cref="RequestBody.WantsReadAhead"/>.</summary>
    public ValueTask<Failure> ReadAheadAsync()
    {
        Context.Connection.OnReadAhead();
        return _body.ReadAheadAsync(Context.Http.Request.BodyReader);
    }

    /// <summary>Hands the request to the dispatcher, and what is not in its frame to the sender.</summary>
    public void Send(Dispatcher dispatcher)
    {
        LastWorker = Context.Connection.LastWorker;
        if (_body.IsWhole)
        {
            Submit(dispatcher, Context.Connection.Loop);
            return;
        }

        _upload ??= new RequestUpload(this, Resources, _body);
        _upload.Prepare(Context.Http.Request.BodyReader);
        Submit(dispatcher, Context.Connection.Loop);
        _upload.Start();
    }

    /// <inheritdoc/>
    public override async ValueTask SendAgainAsync(Dispatcher dispatcher)
    {
        await StopBodyAsync().ConfigureAwait(false);
        IsRetry = true;
        Send(dispatcher);
    }

    /// <summary>No more of the request's body is to be sent to the worker that has it: it has answered, or will not.</summary>
    public ValueTask StopBodyAsync() => _upload?.StopAsync() ?? ValueTask.CompletedTask;

    /// <summary>The request is not going to be sent again: what was kept for that is given back as soon as it was sent once.</summary>
    public void KeepNoBody() => _upload?.KeepNoBody();

    /// <summary>The client's connection, or its stream on it, is gone. Any thread.</summary>
    public virtual void OnClientGone() => Leave("the client has left");

    /// <summary>Whether the last byte of the request has come only now, or not even that. Any thread.</summary>
    /// <param name="since">When the handler began to wait for the worker or for the body, in milliseconds of <see cref="Environment.TickCount64"/>.</param>
    public bool IsJustRead(long since)
        => Environment.TickCount64 - Math.Max(since, _body.IsWhole ? 0 : _upload?.ReadAt ?? 0) < WithTheRequest;

    /// <summary>
    /// The client has closed its sending side. As long as no worker has the request, and where nothing but stopping it would tell the
    /// application, that counts as leaving; else the application hears of it and may answer all the same. Any thread.
    /// </summary>
    public virtual void OnClientFinished()
    {
        WorkerLink? link;
        ulong id;
        bool isSent;
        lock (Lock)
        {
            link = Link;
            id = Id;
            isSent = !IsEnded && !IsWaiting && IsSubmitted;
        }

        if (!isSent || link is null || link.StopsAbandoned)
        {
            OnClientGone();
        }
        else if (_body.IsWhole || _upload!.OnClientFinished())
        {
            link.SendFinished(id, isComplete: true);
        }
    }

    /// <summary>The request is not going to be sent again: its frame is given back although it is not over.</summary>
    public virtual void ReleaseRequest() => _body.Release();

    /// <summary>The application has answered: what it was told of the request's key it knows.</summary>
    public void OnAnswered()
    {
        if (_moveToken != 0 && Failure is Failure.None)
        {
            Workers.Affinity!.Confirm(_key!.Memory, _moveToken);
        }
    }

    /// <summary>The request is over: forgets it, so that the next one can begin.</summary>
    public void Release()
    {
        _lifetime.Dispose();
        _lifetime = default;
        ForgetResumption();
        Retire();
        _key = null;
        _moveToken = 0;
        _body.Release();
        EndTopics();
        ReleaseResponse();
    }

    /// <inheritdoc/>
    public override bool OnWindow(ulong id, uint credit)
    {
        lock (Lock)
        {
            if (StateOf(id) is ExchangeState.Ended)
            {
                return true;
            }

            if (_body.IsWhole)
            {
                return credit <= int.MaxValue;
            }

            _body.OwesContinue = false;
            return _upload!.Grant(credit);
        }
    }

    /// <inheritdoc/>
    public override StateStatus? OnSubscribe(ulong id, in SubscribeMessage message, out TopicConfirmation? awaited)
    {
        awaited = null;
        StreamTarget target;
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is ExchangeState.Ended)
            {
                return StateStatus.Missing;
            }

            if (Link!.Worker.Topics is not { } access)
            {
                return StateStatus.Off;
            }

            if (state is ExchangeState.Streaming && !Response.TakesMessages)
            {
                return StateStatus.Refused;
            }

            _topics ??= new StreamTarget(this, Context.Connection.Loop, access);
            target = _topics;
            Response.Messages = target.Messages;
        }

        return target.Apply(message, out awaited);
    }

    /// <summary>There is a message for the client: whoever reads the body for it looks for that. Any thread.</summary>
    /// <returns>False where it is to get none any more.</returns>
    public bool OnMessage(StreamTarget target)
    {
        PipeReader? reader = null;
        lock (Lock)
        {
            ExchangeState state = _topics == target ? IsMoving ? ExchangeState.Streaming : StateOf(Id) : ExchangeState.Ended;
            if (state is ExchangeState.Ended || (state is ExchangeState.Streaming && !Response.TakesMessages))
            {
                return false;
            }

            if (state is ExchangeState.Streaming)
            {
                reader = Response.Waking;
            }
        }

        reader?.CancelPendingRead();
        return true;
    }

    /// <summary>The client is to get nothing more of topics, or is not there any more. Any thread.</summary>
    public virtual void EndTopics()
    {
        StreamTarget? topics;
        lock (Lock)
        {
            (topics, _topics) = (_topics, null);
        }

        topics?.End();
    }

    /// <summary>The client takes less than its topics have, and is to come again.</summary>
    public void OnTooSlow(StreamTarget target)
    {
        lock (Lock)
        {
            if (_topics != target || !(IsMoving || StateOf(Id) is ExchangeState.Streaming))
            {
                return;
            }
        }

        Leave("its client was too slow for a topic");
    }

    /// <inheritdoc/>
    protected override bool HasNoBody => _body.IsWhole && _frame.BodyLength == 0;

    /// <inheritdoc/>
    protected override void PrepareFor(Resumption resumption) => TellResume(resumption, FrameFlags.None, null);

    /// <inheritdoc cref="RequestFrameWriter.TellResume"/>
    protected void TellResume(Resumption resumption, FrameFlags flags, string? subprotocol) => _frame.TellResume(resumption, flags, subprotocol);

    /// <inheritdoc/>
    protected override void OnSubmitting()
    {
        // Where the body breaks off the client has left, or says no more: the worker is told so behind what came.
        if (!_body.BreaksOff)
        {
            Watch();
        }
    }

    /// <inheritdoc/>
    protected override void OnSent(WorkerLink link, ulong id)
    {
        base.OnSent(link, id);
        Context.Connection.LastWorker = link.Worker.Id;
        if (Context.Trace.Trace is { } trace)
        {
            bool isFirst = trace.Tries.Count == 0;
            ulong span = trace.OnSent(link.Worker.Index, QueueMicroseconds);
            if (!isFirst)
            {
                _frame.TellSpan(span);
            }
        }

        if (Place != 0)
        {
            _moveToken = Workers.Affinity!.Serve(_key!.Memory, link.Worker);
            _frame.TellMoved(_moveToken != 0);
        }

        if (!_body.IsWhole)
        {
            _upload!.OnSent(link, id);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The client may send its body all the same, or not: only a closed connection is clear (RFC 9110, section 10.1.1). So it is where
    /// the answer comes before the body's end (section 9.3): the rest may take longer than anybody reads on for it. A response that
    /// streams may well go on beside the body, and its end is not known yet.
    /// Or the connection has had as many requests as it may, or the server stops, and the client is not to send the next request on this connection (section 9.6).
    /// </remarks>
    protected override bool EndsConnection(bool isComplete)
        => _body.OwesContinue || (isComplete && !_body.IsRead) || Context.Connection.IsUsedUp || _forwarder.EndsConnection();

    private void Leave(string message)
    {
        bool isMoving;
        lock (Lock)
        {
            isMoving = EndResumption();
        }

        Abandon(Failure.ClientGone, CancelReason.ClientLeft, message);
        if (isMoving)
        {
            OnMoveFailed(Failure.ClientGone, 0);
        }
    }

    // Has it told when the client leaves. Where a connection carries many requests, each has a lifetime of its own; where it carries
    // one, the token of that would cost more than everything else here.
    private void Watch()
    {
        ClientConnection connection = Context.Connection;
        if (!connection.IsMultiplexed)
        {
            connection.Watch(this);
        }
        else if (_lifetime == default)
        {
            _lifetime = Context.Http.RequestAborted.UnsafeRegister(
                static state =>
                {
                    var exchange = (HttpExchange)state!;
                    exchange.Context.Connection.OnStreamGone();
                    exchange.OnClientGone();
                },
                this);
        }
    }
}
