using System.Buffers;
using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>The way of the request: its frame, and the body that does not fit into it.</summary>
internal sealed partial class HttpExchange
{
    private readonly CreditSignal _creditGranted = new();

    // The request's body: what the worker has granted, and whether anything is left to send. Under _lock.
    private long _requestCredit;
    private bool _isBodyComplete;
    private bool _isReplayable;
    private bool _stopBody;

    // The client waits for 100 Continue and was not told to go on.
    private bool _owesContinue;

    /// <summary>Whether the whole request went out in one frame, so that it can be sent to another worker as it is.</summary>
    public bool IsReplayable => _isReplayable;

    /// <summary>
    /// How long the request's body is, if it can be said where it ends: a chunked one ends, with its trailers, where it was read to.
    /// </summary>
    public long? BodyLength(HttpRequest request)
        => request.Headers.TransferEncoding.Count == 0 ? request.ContentLength ?? 0 : _isBodyComplete ? 0 : null;

    /// <summary>Takes a request: builds its frame with as much of the body as has arrived.</summary>
    public RequestFrameError Begin(HttpContext context)
    {
        _context = context;
        _stopBody = false;
        WorkerIndex = -1;
        Rule = null;
        IHttpRequestFeature request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        RequestFrameError error = _frame.WriteHead(request, _connection.Block(request.Protocol), _connection.Head);
        if (error is not RequestFrameError.None)
        {
            return error;
        }

        try
        {
            _frame.Finish(FirstBody(context.Request));
        }
        catch (Exception e) when (IsBrokenBody(e))
        {
            return RequestFrameError.BadBody;
        }

        _isReplayable = _isBodyComplete;
        return RequestFrameError.None;
    }

    /// <summary>Hands the request to the dispatcher, for the first time or again.</summary>
    public void Submit(Dispatcher dispatcher)
    {
        lock (_lock)
        {
            _head.Reset();
            _link = null;
            _state = ExchangeState.Waiting;
        }

        _connection.Watch(this);
        dispatcher.Submit(this, _connection.Loop);
    }

    /// <summary>Sends the rest of the body as the worker grants it, until it is complete or <see cref="StopBody"/> is called.</summary>
    public async Task SendBodyAsync()
    {
        PipeReader reader = _context.Request.BodyReader;
        try
        {
            while (!_isBodyComplete && await _creditGranted.WaitAsync().ConfigureAwait(false))
            {
                ReadResult read = await reader.ReadAsync().ConfigureAwait(false);
                if (read.IsCanceled || Volatile.Read(ref _stopBody))
                {
                    reader.AdvanceTo(read.Buffer.Start);
                    return;
                }

                reader.AdvanceTo(SendChunk(read));
            }
        }
        catch (Exception e) when (IsBrokenBody(e))
        {
            Rule = e.Message;
            Abandon(ExchangeOutcome.BadRequestBody, CancelReason.ClientLeft);
        }
        catch (Exception e) when (e is ConnectionResetException or OperationCanceledException or ConnectionAbortedException)
        {
            Abandon(ExchangeOutcome.ClientGone, CancelReason.ClientLeft);
        }
    }

    /// <summary>No more of the body is wanted: the response is complete or will not come.</summary>
    public void StopBody()
    {
        Volatile.Write(ref _stopBody, true);
        _creditGranted.Stop();
        _context.Request.BodyReader.CancelPendingRead();
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

    // A chunk size beyond 64 bits comes as an IOException; a connection that was reset is another kind of it.
    private static bool IsBrokenBody(Exception error)
        => error is BadHttpRequestException || (error is IOException and not ConnectionResetException);

    // The part of the body that came together with the head rides in the same frame. A client that waits for 100 Continue has
    // sent none, and reading would tell it to go on before the application asks.
    private FrameFlags FirstBody(HttpRequest request)
    {
        _isBodyComplete = true;
        _owesContinue = false;
        if (_context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return FrameFlags.End;
        }

        bool expects = request.Headers.Expect.Count > 0;
        _owesContinue = expects;
        _requestCredit = expects ? 0 : _forwarder.RequestWindow;
        _isBodyComplete = false;
        _creditGranted.Reset();
        if (expects)
        {
            return FrameFlags.ExpectContinue;
        }

        if (request.BodyReader.TryRead(out ReadResult read))
        {
            ReadOnlySequence<byte> first = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ProtocolLimits.MaxBody));
            _frame.AppendBody(first);
            _isBodyComplete = first.Length == read.Buffer.Length && (read.IsCompleted || first.Length == request.ContentLength);
            request.BodyReader.AdvanceTo(first.End);
        }

        return _isBodyComplete ? FrameFlags.End : FrameFlags.None;
    }

    // Sends what the credit allows of what was read; returns the position up to which it was sent.
    private SequencePosition SendChunk(in ReadResult read)
    {
        ReadOnlySequence<byte> rest = read.Buffer;
        while (true)
        {
            int size;
            bool last;
            lock (_lock)
            {
                if (_state is ExchangeState.Ended)
                {
                    _creditGranted.Stop();
                    return rest.Start;
                }

                size = (int)Math.Min(Math.Min(rest.Length, _requestCredit), ProtocolLimits.MaxBody);
                last = read.IsCompleted && size == rest.Length;
                _requestCredit -= size;
                if (_requestCredit == 0)
                {
                    _creditGranted.Clear();
                }
            }

            if (size > 0 || last)
            {
                SendSegments(rest.Slice(0, size), last);
            }

            rest = rest.Slice(size);
            if (last)
            {
                _isBodyComplete = true;
            }

            if (rest.IsEmpty || size == 0)
            {
                return rest.Start;
            }
        }
    }

    private void SendSegments(ReadOnlySequence<byte> data, bool last)
    {
        if (data.IsSingleSegment)
        {
            _link!.SendBody(_id, data.FirstSpan, last);
            return;
        }

        foreach (ReadOnlyMemory<byte> segment in data)
        {
            _link!.SendBody(_id, segment.Span, end: false);
        }

        if (last)
        {
            _link!.SendBody(_id, [], end: true);
        }
    }
}
