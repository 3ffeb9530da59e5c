using Hydra.Dispatch;
using Hydra.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>The way of the request: its frame, and its submission.</summary>
internal sealed partial class HttpExchange
{
    private bool _isReplayable;

    // The frame with the head has the whole body, or there is none.
    private bool _isWhole;

    // All of the body, its trailers too, has been read from the connection.
    private bool _isBodyRead;

    // The client waits for 100 Continue and was not told to go on.
    private bool _owesContinue;

    /// <summary>Whether the front has the whole request, so that it can be sent to another worker as it is.</summary>
    public bool IsReplayable => _isReplayable;

    /// <summary>
    /// How long the request's body is, if it can be said where it ends: a chunked one ends, with its trailers, where it was read to.
    /// </summary>
    public long? BodyLength(HttpRequest request)
        => request.Headers.TransferEncoding.Count == 0 ? request.ContentLength ?? 0 : _isBodyRead ? 0 : null;

    /// <summary>Whether the body is to be read before a worker gets the request: <see cref="ReadAheadAsync"/> is due.</summary>
    public bool WantsReadAhead { get; private set; }

    /// <summary>Takes a request: builds its frame with as much of the body as has arrived.</summary>
    public RequestFrameError Begin(HttpContext context)
    {
        _context = context;
        _isReplayable = false;
        _owesContinue = false;
        WantsReadAhead = false;
        WorkerIndex = -1;
        Rule = null;
        IsRetry = false;
        QueueMicroseconds = 0;
        var request = (IHttpRequestFeature)context.Features[typeof(IHttpRequestFeature)]!;
        RequestFrameError error = _frame.WriteHead(request, _connection.Block(request.Protocol), _connection.Head);
        if (error is not RequestFrameError.None)
        {
            return error;
        }

        if (context.Features[typeof(IHttpRequestBodyDetectionFeature)] is IHttpRequestBodyDetectionFeature { CanHaveBody: true })
        {
            return BeginBody(context.Request);
        }

        FinishFrame(isBodyRead: true, FrameFlags.None);
        return RequestFrameError.None;
    }

    /// <summary>A number by which the request is recognised when it comes again.</summary>
    public ulong Fingerprint() => RequestFingerprint.Of(_frame.Frame);

    /// <summary>Hands the request to the dispatcher once more, in front of those that were not sent yet.</summary>
    public async ValueTask SubmitAgainAsync(Dispatcher dispatcher)
    {
        await StopBodyAsync().ConfigureAwait(false);
        IsRetry = true;
        Submit(dispatcher);
    }

    /// <summary>Hands the request to the dispatcher.</summary>
    public void Submit(Dispatcher dispatcher)
    {
        if (!_isWhole)
        {
            PrepareBody();
        }

        lock (_lock)
        {
            _dispatcher = dispatcher;
            _head.Reset();
            _link = null;
            _state = ExchangeState.Waiting;
        }

        _connection.Watch(this);
        dispatcher.Submit(this, _connection.Loop);
        if (!_isWhole)
        {
            _sender = SendBodyAsync();
        }
    }

    /// <inheritdoc/>
    public override bool OnWindow(ulong id, uint credit)
    {
        lock (_lock)
        {
            if (_id != id || _state is ExchangeState.Ended)
            {
                return true;
            }

            _requestCredit += credit;
            _owesContinue = false;
            if (_requestCredit > int.MaxValue)
            {
                return false;
            }
        }

        _creditGranted.Set();
        return true;
    }

    private void FinishFrame(bool isBodyRead, FrameFlags flags)
    {
        _isBodyRead = isBodyRead;
        _isReplayable = isBodyRead;
        _isWhole = isBodyRead && _held is null;
        _frame.Finish(_isWhole ? FrameFlags.End : flags);
    }
}
