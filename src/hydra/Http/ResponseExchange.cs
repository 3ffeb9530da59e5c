using System.Diagnostics;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>
/// The response of an HTTP exchange, as it comes from the worker: its head is applied to the context right where it comes, under the lock: the handler
/// waits for it meanwhile, and a small response is copied once.
/// </summary>
/// <param name="resources">Windows, bounds and memory.</param>
internal abstract class ResponseExchange(BodyResources resources) : Exchange
{
    private readonly ResponseBody _response = new(resources);

    /// <summary>The response's body, as it comes.</summary>
    public ResponseBody Response => _response;

    /// <summary>Bytes of the response's body that were for the client; also when the request is over.</summary>
    public virtual long BytesReceived => _response.BytesReceived;

    /// <summary>The request and its connection, as long as there is one.</summary>
    protected RequestContext Context { get; private set; } = null!;

    /// <summary>Windows, bounds and memory.</summary>
    public BodyResources Resources => resources;

    /// <summary>Whether all of the request has come, so that nobody writes to the client but who answers it. Under the lock.</summary>
    protected abstract bool IsRequestWhole { get; }

    /// <summary>Whether what has begun is a response, with a body that comes; a session is none. Under the lock.</summary>
    protected virtual bool IsResponse => true;

    /// <summary>When a worker got the request, as a timestamp; 0 where none did, or nobody wants to know.</summary>
    public long SentAt { get; private set; }

    /// <summary>When the head of the response came, as a timestamp; 0 where none has.</summary>
    public long RespondedAt { get; private set; }

    /// <summary>When all of the response had come from the worker, as a timestamp; 0 where it has not.</summary>
    public long AnsweredAt { get; private set; }

    /// <summary>Completes when nothing stands before the response; null where nothing has. To be awaited before anything is written.</summary>
    public Task? Hinted { get; private set; }

    /// <summary>The client has taken so many bytes of a response that streams: the worker may send as many more.</summary>
    public void GrantResponse(long size)
    {
        if (!_response.OnTaken(size))
        {
            return;
        }

        uint credit;
        lock (Lock)
        {
            credit = _response.TakeGrant(goesOn: StateOf(Id) is ExchangeState.Streaming);
        }

        if (credit > 0)
        {
            Link!.SendWindow(Id, credit);
        }
    }

    /// <summary>Whether the client is to make no other request on this connection. Under the lock.</summary>
    /// <param name="isComplete">Whether the response is, though the request may not be.</param>
    protected abstract bool EndsConnection(bool isComplete);

    /// <summary>A request begins: nothing of its response has come.</summary>
    protected void BeginResponse(RequestContext context)
    {
        Context = context;
        Hinted = null;
        SentAt = RespondedAt = AnsweredAt = 0;
        _response.Restart();
    }

    /// <summary>The request is over: gives everything back.</summary>
    protected void ReleaseResponse()
    {
        _response.Release();
        Context = null!;
    }

    /// <inheritdoc/>
    public override bool OnResponse(ulong id, in ResponseMessage response, bool end)
        => TakeResponse(id, response, response.Body, file: null, end);

    /// <inheritdoc/>
    public override bool OnFileResponse(ulong id, in ResponseMessage response, in FileMessage file, bool end)
        => TakeResponse(id, response, default, new FileRange(file), end);

    /// <inheritdoc/>
    public override bool OnBody(ulong id, ReadOnlySpan<byte> data, bool end)
    {
        string? failure;
        uint more;
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Streaming)
            {
                return state is ExchangeState.Ended;
            }

            if (!IsResponse || _response.HasFile || !_response.TryAdd(data, end, out more, out failure))
            {
                return false;
            }

            if (failure is not null)
            {
                BreakOff(Failure.BadResponse, failure);
                _response.Settle();
            }
            else if (end)
            {
                Finish();
                _response.Settle();
            }
        }

        if (failure is not null)
        {
            Link!.Cancel(id, CancelReason.FrontError);
            OnBrokenOff(Failure.BadResponse, failure);
        }
        else if (end)
        {
            _response.End(null);
        }
        else
        {
            if (more > 0)
            {
                Link!.SendWindow(id, more);
            }

            _response.Flush();
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool OnFile(ulong id, in FileMessage file, bool end)
    {
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Streaming || !IsResponse || _response.HasFile)
            {
                return state is ExchangeState.Ended;
            }

            _response.Add(new FileRange(file));
            if (end)
            {
                Finish();
                _response.Settle();
            }
        }

        if (end)
        {
            _response.WakeForFile();
            _response.End(null);
        }
        else
        {
            GoOnWithFile(id);
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool OnHint(ulong id, in HintMessage hint)
    {
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Sent)
            {
                return state is ExchangeState.Ended;
            }

            // As long as the lock is held nobody else writes to the client: the handler waits. But whoever reads its body may tell it to go on.
            if (IsRequestWhole && Hinted is null or { IsCompleted: true })
            {
                Hinted = EarlyHints.Write(Context, hint.Headers);
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public override bool OnTrailers(ulong id, in TrailersMessage trailers)
    {
        string? failure;
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Streaming || !IsResponse || _response.HasFile)
            {
                return state is ExchangeState.Ended;
            }

            failure = ResponseTrailers.Check(trailers.Headers) ?? _response.Trail(trailers.Headers);
            if (failure is null)
            {
                Finish();
            }
            else
            {
                BreakOff(Failure.BadResponse, failure);
            }

            _response.Settle();
        }

        if (failure is null)
        {
            _response.End(null);
        }
        else
        {
            OnBrokenOff(Failure.BadResponse, failure);
        }

        return true;
    }

    /// <summary>The response's file was opened. The handler's own.</summary>
    /// <param name="size">How many bytes of it the client is to get.</param>
    public void OnFileOpened(long size)
    {
        bool goesOn;
        lock (Lock)
        {
            _response.OnFileOpened(size);
            goesOn = !IsEnded;
        }

        if (goesOn)
        {
            Link!.SendOpened(Id, size);
        }
    }

    /// <inheritdoc/>
    protected override void OnBrokenOff(Failure failure, string message) => _response.End(new ResponseFailedException(message, failure));

    /// <inheritdoc/>
    protected override void OnSent(WorkerLink link, ulong id)
    {
        if (Context.StartedAt != 0)
        {
            SentAt = Stopwatch.GetTimestamp();
        }
    }

    /// <inheritdoc/>
    protected override void OnBreakingOff(Failure failure)
    {
        if (Context?.Trace.Trace is { } trace)
        {
            trace.OnFailed(failure is Failure.None ? null : failure.Rule().Name);
        }
    }

    /// <summary>The response is complete, and it is noted when. Under the lock.</summary>
    protected void Finish()
    {
        Complete();
        if (Context.StartedAt != 0)
        {
            AnsweredAt = Stopwatch.GetTimestamp();
        }
    }

    // A client that gets no body gets no file either: the worker need not wait for that.
    private void GoOnWithFile(ulong id)
    {
        if (_response.HasFile)
        {
            _response.WakeForFile();
        }
        else
        {
            Link!.SendOpened(id, 0);
        }
    }

    // A response's head has come, with the beginning of its body or a file in its place.
    private bool TakeResponse(ulong id, in ResponseMessage response, ReadOnlySpan<byte> body, FileRange? file, bool end)
    {
        ExchangeResult result;
        uint more = 0;
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Sent)
            {
                return state is not ExchangeState.Streaming;
            }

            result = Apply(response, body, file, end, ref more);
        }

        if (result is ExchangeResult.Failed && !end)
        {
            Link!.Cancel(id, CancelReason.FrontError);
        }

        if (more > 0)
        {
            Link!.SendWindow(id, more);
        }

        // Last: the handler goes on inside this call, and may begin the next request with this object.
        Answer(result);
        return true;
    }

    // Applies the head, and a body that is complete. Under the lock.
    private ExchangeResult Apply(in ResponseMessage message, ReadOnlySpan<byte> body, FileRange? file, bool end, ref uint more)
    {
        HttpResponse response = Context.Http.Response;
        string? rule = ResponseHead.TryApply(response, message, out long? contentLength);
        if (rule is null)
        {
            bool hasNoBody = ResponseHead.HasNoBody(Context.Http.Request.Method, message.Status);
            rule = _response.Begin(contentLength, hasNoBody, body.Length, end && file is null);
            if (rule is not null)
            {
                response.Headers.Clear();
            }
        }

        if (rule is not null)
        {
            BreakOff(Failure.BadResponse, rule);
            return ExchangeResult.Failed;
        }

        if (Context.StartedAt != 0)
        {
            RespondedAt = Stopwatch.GetTimestamp();
            AnsweredAt = end ? RespondedAt : 0;
        }

        if (EndsConnection(isComplete: end))
        {
            ConnectionClose.Ask(Context.Http);
        }

        if (Context.IsGated)
        {
            Context.AskGates(_response.Length);
        }

        if (end && file is null && !Context.IsGated)
        {
            Begin(isWhole: true);
            _response.WriteWhole(response, body);
            return ExchangeResult.Complete;
        }

        more = _response.Open(body);
        if (file is not null)
        {
            _response.Add(file);
        }

        Begin(isWhole: end);
        if (end)
        {
            // A gate is to see it before it leaves.
            more = 0;
            _response.Settle();
            _response.End(null);
        }

        return ExchangeResult.Streaming;
    }
}
