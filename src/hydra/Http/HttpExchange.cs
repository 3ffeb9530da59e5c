using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>
/// One HTTP request and its response: its frame, its body on the way to the worker, and the response, whose head is applied to the
/// context right where it comes, under the lock: the handler waits for it meanwhile, and a small response is copied once. Serves one
/// request after the other.
/// </summary>
internal partial class HttpExchange : Exchange
{
    // Milliseconds. A client that only wants the answer closes its sending side right behind the request; one that leaves does it later.
    private const long WithTheRequest = 20;

    private readonly RequestForwarder _forwarder;
    private readonly FrameFlags _flags;
    private readonly RequestFrameWriter _frame = new();
    private readonly RequestBody _body;
    private readonly ResponseBody _response;

    // For a request that is not whole in its frame; made when the first one comes.
    private RequestUpload? _upload;
    private RequestContext _context = null!;
    private CancellationTokenRegistration _lifetime;

    /// <summary>Makes an exchange.</summary>
    /// <param name="forwarder">Who sends it.</param>
    /// <param name="flags">What the frames of its requests say, which have no bodies then.</param>
    public HttpExchange(RequestForwarder forwarder, FrameFlags flags = FrameFlags.None)
    {
        _forwarder = forwarder;
        _flags = flags;
        _body = new RequestBody(forwarder.Bodies, _frame);
        _response = new ResponseBody(forwarder.Bodies);
    }

    /// <summary>The request's body before a worker sees it.</summary>
    public RequestBody Body => _body;

    /// <summary>The response's body, as it comes.</summary>
    public ResponseBody Response => _response;

    /// <summary>Bytes of the response's body that were for the client; also when the request is over.</summary>
    public virtual long BytesReceived => _response.BytesReceived;

    /// <inheritdoc/>
    public override string Method => _context.Http.Request.Method;

    /// <inheritdoc/>
    public override string Path => _context.Http.Request.Path;

    /// <inheritdoc/>
    public override bool IsReplayable => _body.IsReplayable;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> RequestFrame => _frame.Frame;

    /// <inheritdoc/>
    public override long HeldBytes => _body.BytesInMemory;

    /// <summary>The request and its connection.</summary>
    protected RequestContext Context => _context;

    /// <summary>Windows, bounds and memory.</summary>
    protected BodyResources Resources => _forwarder.Bodies;

    /// <summary>Whether some of the request's body may still be on its way to the worker: <see cref="StopBodyAsync"/> is due.</summary>
    public bool SendsBody => _upload is { IsRunning: true };

    /// <inheritdoc/>
    protected override bool AwaitsClient => !_body.IsWhole && _upload!.AwaitsClient;

    /// <summary>Takes a request: builds its frame with as much of the body as has arrived.</summary>
    /// <param name="context">The request.</param>
    /// <param name="facts">What the worker is told about it.</param>
    /// <param name="workers">Who gets it.</param>
    public Failure Begin(RequestContext context, RequestFacts facts, Dispatcher workers)
    {
        _context = context;
        Hinted = null;
        Restart();
        _response.Restart();
        IFeatureCollection features = context.Http.Features;
        var request = (IHttpRequestFeature)features[typeof(IHttpRequestFeature)]!;
        Failure failure = _frame.WriteHead(request, facts, context.Connection.Head);
        context.Connection.OnHeadRead();
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
        _context.Connection.OnReadAhead();
        return _body.ReadAheadAsync(_context.Http.Request.BodyReader);
    }

    /// <summary>Hands the request to the dispatcher, and what is not in its frame to the sender.</summary>
    public void Send(Dispatcher dispatcher)
    {
        LastWorker = _context.Connection.LastWorker;
        if (_body.IsWhole)
        {
            Submit(dispatcher, _context.Connection.Loop);
            return;
        }

        _upload ??= new RequestUpload(this, _forwarder.Bodies, _body);
        _upload.Prepare(_context.Http.Request.BodyReader);
        Submit(dispatcher, _context.Connection.Loop);
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
    public void OnClientGone() => Abandon(Failure.ClientGone, CancelReason.ClientLeft, "the client has left");

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
    public void ReleaseRequest() => _body.Release();

    /// <summary>The request is over: forgets it, so that the next one can begin.</summary>
    public void Release()
    {
        _lifetime.Dispose();
        _lifetime = default;
        Retire();
        _body.Release();
        _response.Release();
        _context = null!;
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
        _context.Connection.LastWorker = link.Worker.Id;
        if (!_body.IsWhole)
        {
            _upload!.OnSent(link, id);
        }
    }

    // Has it told when the client leaves. Where a connection carries many requests, each has a lifetime of its own; where it carries
    // one, the token of that would cost more than everything else here.
    private void Watch()
    {
        ClientConnection connection = _context.Connection;
        if (!connection.IsMultiplexed)
        {
            connection.Watch(this);
        }
        else if (_lifetime == default)
        {
            _lifetime = _context.Http.RequestAborted.UnsafeRegister(static exchange => ((HttpExchange)exchange!).OnClientGone(), this);
        }
    }
}
