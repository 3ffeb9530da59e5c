using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers;

namespace Hydra.Http;

/// <summary>
/// One request between its client and a worker. Three parties meet here: the request handler, the worker link's reading side
/// (the upstream callbacks) and whoever reports that the client has left. <c>_lock</c> guards the state and, while the handler waits
/// for the head, the HttpContext's response: a callback applies the head to it directly, so that a small response is copied once.
/// No call into a link is made under <c>_lock</c>: links take their gate first.
/// </summary>
internal sealed partial class HttpExchange : Exchange, IValueTaskSource<ExchangeOutcome>
{
    private readonly Lock _lock = new();
    private readonly RequestForwarder _forwarder;
    private readonly ClientConnection _connection;
    private readonly RequestFrameWriter _frame = new();
    private ManualResetValueTaskSourceCore<ExchangeOutcome> _head;

    // The request that is handled, and where it is.
    private HttpContext _context = null!;
    private ExchangeState _state;
    private WorkerLink? _link;
    private ulong _id;

    // The response: made when the head comes.
    private bool _hasNoBody;
    private long? _contentLength;
    private long _bodyReceived;
    private long _bodyCredit;
    private Pipe? _body;

    // Taken by the client and not granted again yet; the handler's own.
    private long _ungranted;

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

    /// <summary>Bytes of the response's body that the worker has sent.</summary>
    public long BytesReceived => _hasNoBody ? 0 : _bodyReceived;

    /// <summary>The body of a response that streams.</summary>
    public PipeReader Body => _body!.Reader;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> RequestFrame => _frame.Frame;

    /// <summary>Waits for the head of the response or for what prevents it.</summary>
    public ValueTask<ExchangeOutcome> HeadAsync() => new(this, _head.Version);

    /// <summary>The client has taken so many bytes of the body: the worker may send as many more.</summary>
    public void GrantResponse(long size)
    {
        _ungranted += size;
        if (_ungranted < _forwarder.ResponseWindow / 4)
        {
            return;
        }

        uint credit = (uint)_ungranted;
        _ungranted = 0;
        lock (_lock)
        {
            if (_state is not ExchangeState.Streaming)
            {
                return;
            }

            _bodyCredit += credit;
        }

        _link!.SendWindow(_id, credit);
    }

    /// <summary>The request is over: forgets it, so that the next one can begin.</summary>
    public void Release()
    {
        Abandon(ExchangeOutcome.ClientGone, CancelReason.FrontError);
        lock (_lock)
        {
            _state = ExchangeState.Idle;
        }

        _frame.Release();
        _context = null!;
        _bodyReceived = 0;
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

        if (!_isBodyComplete && _requestCredit > 0)
        {
            // The frame with the head leaves first: the body's sender goes on in the thread pool and meets the link's gate.
            _creditGranted.Set();
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool OnResponse(ulong id, in ResponseMessage response, bool end)
    {
        ExchangeOutcome outcome;
        lock (_lock)
        {
            if (_state is ExchangeState.Streaming && _id == id)
            {
                return false;
            }

            if (_state is not ExchangeState.Sent || _id != id)
            {
                return true;
            }

            outcome = ApplyHead(response, end);
            _state = outcome is ExchangeOutcome.Streaming ? ExchangeState.Streaming : ExchangeState.Ended;
        }

        if (outcome is ExchangeOutcome.BadResponse && !end)
        {
            _link!.Cancel(id, CancelReason.FrontError);
        }

        // Last: the handler goes on inside this call, and may begin the next request with this object.
        _head.SetResult(outcome);
        return true;
    }

    /// <inheritdoc/>
    public override bool OnBody(ulong id, ReadOnlySpan<byte> data, bool end)
    {
        PipeWriter writer;
        string? failure = null;
        lock (_lock)
        {
            if (_id != id || _state is ExchangeState.Ended)
            {
                return true;
            }

            _bodyCredit -= data.Length;
            if (_state is not ExchangeState.Streaming || _bodyCredit < 0)
            {
                return false;
            }

            writer = _body!.Writer;
            _bodyReceived += data.Length;
            if (!_hasNoBody)
            {
                failure = LengthFailure(end);
            }

            if (failure is null && !_hasNoBody && data.Length > 0)
            {
                data.CopyTo(writer.GetSpan(data.Length));
                writer.Advance(data.Length);
            }

            if (_hasNoBody)
            {
                _bodyCredit += data.Length;
            }

            if (failure is not null || end)
            {
                _state = ExchangeState.Ended;
            }
        }

        if (failure is not null)
        {
            _link!.Cancel(id, CancelReason.FrontError);
            writer.Complete(new ResponseFailedException(failure));
        }
        else if (end)
        {
            writer.Complete();
        }
        else if (_hasNoBody)
        {
            _link!.SendWindow(id, (uint)data.Length);
        }
        else
        {
            Flush(writer);
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
    public override void OnLost(ulong id, StreamLoss loss) => Fail(id, ExchangeOutcome.LinkLost, "the worker was lost");

    /// <inheritdoc/>
    public override void OnRefused()
    {
        lock (_lock)
        {
            if (_state is not ExchangeState.Waiting)
            {
                return;
            }

            _state = ExchangeState.Ended;
        }

        _head.SetResult(ExchangeOutcome.Refused);
    }

    ExchangeOutcome IValueTaskSource<ExchangeOutcome>.GetResult(short token) => _head.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ExchangeOutcome>.GetStatus(short token) => _head.GetStatus(token);

    void IValueTaskSource<ExchangeOutcome>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _head.OnCompleted(continuation, state, token, flags);

    // Flushing never waits: the pipe has no threshold, the credit bounds what is in it.
    private static void Flush(PipeWriter writer)
    {
        ValueTask<FlushResult> flushed = writer.FlushAsync();
        System.Diagnostics.Debug.Assert(flushed.IsCompletedSuccessfully, "the response pipe has no pause threshold");
        flushed.GetAwaiter().GetResult();
    }

    private ExchangeOutcome ApplyHead(in ResponseMessage message, bool end)
    {
        HttpResponse response = _context.Response;
        Rule = ResponseHead.TryApply(response, message, out _contentLength);
        if (Rule is not null)
        {
            return ExchangeOutcome.BadResponse;
        }

        _hasNoBody = ResponseHead.HasNoBody(_context.Request.Method, message.Status);
        _bodyReceived = message.Body.Length;
        if (!_hasNoBody && LengthFailure(end) is { } failure)
        {
            Rule = failure;
            response.Headers.Clear();
            return ExchangeOutcome.BadResponse;
        }

        if (end)
        {
            WriteWhole(response, message.Body);
            return ExchangeOutcome.Complete;
        }

        _ungranted = 0;
        _bodyCredit = _forwarder.ResponseWindow;
        _body ??= new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0,
            useSynchronizationContext: false));
        if (!_hasNoBody && message.Body.Length > 0)
        {
            message.Body.CopyTo(_body.Writer.GetSpan(message.Body.Length));
            _body.Writer.Advance(message.Body.Length);
            Flush(_body.Writer);
        }

        return ExchangeOutcome.Streaming;
    }

    private void WriteWhole(HttpResponse response, ReadOnlySpan<byte> body)
    {
        if (_hasNoBody)
        {
            return;
        }

        // The length is known, so say it: the connection stays usable without chunks.
        response.ContentLength ??= body.Length;
        if (body.Length > 0)
        {
            body.CopyTo(response.BodyWriter.GetSpan(body.Length));
            response.BodyWriter.Advance(body.Length);
        }
    }

    private string? LengthFailure(bool end)
    {
        if (_contentLength is not { } announced)
        {
            return null;
        }

        return _bodyReceived > announced ? $"its body is longer than its Content-Length of {announced}"
            : end && _bodyReceived < announced ? $"its body has {_bodyReceived} bytes, its Content-Length says {announced}"
            : null;
    }

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
    private void Abandon(ExchangeOutcome outcome, CancelReason reason)
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

        if (before is not ExchangeState.Waiting)
        {
            _link!.Cancel(_id, reason);
        }

        End(before, outcome, "the client has left");
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
