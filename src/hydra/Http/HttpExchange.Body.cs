using System.Buffers;
using System.IO.Pipelines;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>The way of what does not fit into the request's frame: what the front holds of the body, then what the client still sends.</summary>
internal sealed partial class HttpExchange
{
    private readonly CreditSignal _creditGranted = new();

    // What sends, while a worker has the request; the handler's own.
    private Task? _sender;
    private bool _stopBody;

    // Bytes that were sent as they came, beside what the frame has and the front held.
    private long _streamed;

    // What the worker has granted. Under _lock.
    private long _requestCredit;

    // Everything was sent; the request may have to be sent again. Under _lock; the one that makes both true gives the memory back.
    private bool _isBodySent;
    private bool _mayBeSentAgain;

    /// <summary>No more of the body is to be sent to the worker that has the request: it has answered, or will not.</summary>
    public ValueTask StopBodyAsync()
    {
        if (_sender is not { } sender)
        {
            return ValueTask.CompletedTask;
        }

        _sender = null;
        Volatile.Write(ref _stopBody, true);
        _creditGranted.Stop();
        if (!_isBodyRead)
        {
            _context.Request.BodyReader.CancelPendingRead();
        }

        return new ValueTask(sender);
    }

    /// <summary>The request is not going to be sent again: what was kept for that is given back as soon as it was sent once.</summary>
    public void KeepNoBody()
    {
        if (_held is null)
        {
            return;
        }

        lock (_lock)
        {
            _mayBeSentAgain = false;
            if (_isBodySent)
            {
                ReleaseHeld();
            }
        }
    }

    private void PrepareBody()
    {
        _stopBody = false;
        _streamed = 0;
        _isBodySent = false;
        _mayBeSentAgain = _isReplayable;
        _requestCredit = _owesContinue ? 0 : _forwarder.Options.RequestWindow;
        _creditGranted.Reset();
    }

    // Sends the body as the worker grants it, until it is complete or StopBodyAsync is called.
    private async Task SendBodyAsync()
    {
        try
        {
            if ((_held is null || await SendHeldAsync(_held).ConfigureAwait(false)) && !_isBodyRead)
            {
                await SendArrivingAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsBrokenBody(e))
        {
            Rule = e.Message;
            Abandon(OutcomeOf(FrameErrorOf(e)), CancelReason.ClientLeft, e.Message);
        }
        catch (Exception e) when (IsClientGone(e))
        {
            Abandon(ExchangeOutcome.ClientGone, CancelReason.ClientLeft);
        }
    }

    private static ExchangeOutcome OutcomeOf(RequestFrameError error) => error switch
    {
        RequestFrameError.BodyTooLarge => ExchangeOutcome.BodyTooLarge,
        RequestFrameError.BodyTooSlow => ExchangeOutcome.BodyTooSlow,
        _ => ExchangeOutcome.BadRequestBody,
    };

    // Sends what the front holds; false when the worker wants no more of it.
    private async ValueTask<bool> SendHeldAsync(HeldBody held)
    {
        long length = held.Length;
        for (long at = 0; at < length;)
        {
            if (!await _creditGranted.WaitAsync().ConfigureAwait(false) || TakeCredit(length - at) is not { } size)
            {
                return false;
            }

            for (long end = at + size; at < end;)
            {
                ReadOnlyMemory<byte> piece;
                try
                {
                    piece = await held.ReadAsync(at, (int)(end - at)).ConfigureAwait(false);
                }
                catch (IOException e)
                {
                    HttpLog.SpoolUnreadable(_forwarder.Logger, _context.Request.Method, _context.Request.Path, e.Message);
                    Abandon(ExchangeOutcome.BodyLost, CancelReason.FrontError, "the request's body could not be read back from disk");
                    return false;
                }

                at += piece.Length;
                _link!.SendBody(_id, piece.Span, end: _isBodyRead && at == length);
            }
        }

        lock (_lock)
        {
            _isBodySent = true;
            if (!_mayBeSentAgain)
            {
                _streamed = length;
                ReleaseHeld();
            }
        }

        return true;
    }

    private async Task SendArrivingAsync()
    {
        PipeReader reader = _context.Request.BodyReader;
        while (!_isBodyRead && await _creditGranted.WaitAsync().ConfigureAwait(false))
        {
            ReadResult read = await reader.ReadAsync().ConfigureAwait(false);
            if (read.IsCanceled || Volatile.Read(ref _stopBody))
            {
                reader.AdvanceTo(read.Buffer.Start);
                return;
            }

            CheckLimit(reader, read);
            reader.AdvanceTo(SendChunk(read));
        }
    }

    // Sends what the credit allows of what was read; returns the position up to which it was sent.
    private SequencePosition SendChunk(in ReadResult read)
    {
        ReadOnlySequence<byte> rest = read.Buffer;
        while (TakeCredit(rest.Length) is { } size)
        {
            bool last = read.IsCompleted && size == rest.Length;
            if (size > 0 || last)
            {
                SendSegments(rest.Slice(0, size), last);
            }

            rest = rest.Slice(size);
            _streamed += size;
            _isBodyRead = last;
            if (rest.IsEmpty || size == 0)
            {
                break;
            }
        }

        return rest.Start;
    }

    // Takes credit for what one frame carries, at most as much as is wanted; 0 when there is none, null when the stream has ended.
    private int? TakeCredit(long wanted)
    {
        lock (_lock)
        {
            if (_state is ExchangeState.Ended)
            {
                _creditGranted.Stop();
                return null;
            }

            int size = (int)Math.Min(Math.Min(wanted, _requestCredit), ProtocolLimits.MaxBody);
            _requestCredit -= size;
            if (_requestCredit == 0)
            {
                _creditGranted.Clear();
            }

            return size;
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
