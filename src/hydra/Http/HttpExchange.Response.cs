using System.Diagnostics;
using System.IO.Pipelines;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>The way of the response: its head, applied on the link's reading side, and a body that streams.</summary>
internal sealed partial class HttpExchange
{
    // The response: made when the head comes.
    private bool _hasNoBody;
    private long? _contentLength;
    private long _bodyReceived;
    private long _bodyCredit;
    private Pipe? _body;

    // Beyond the window that every response has: taken from the budget of all responses' memory, and granted. Under _lock.
    private int _extraCredit;

    // Taken by the client and not granted again yet; the handler's own.
    private long _ungranted;

    /// <summary>Bytes of the response's body that the worker has sent.</summary>
    public long BytesReceived => _hasNoBody ? 0 : _bodyReceived;

    /// <summary>The body of a response that streams.</summary>
    public PipeReader Body => _body!.Reader;

    /// <summary>The client has taken so many bytes of the body: the worker may send as many more.</summary>
    public void GrantResponse(long size)
    {
        _ungranted += size;
        if (_ungranted < (_forwarder.Options.ResponseWindow + Volatile.Read(ref _extraCredit)) / 4)
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

            credit -= (uint)Shrink((int)credit);
            _bodyCredit += credit;
        }

        if (credit > 0)
        {
            _link!.SendWindow(_id, credit);
        }
    }

    /// <inheritdoc/>
    public override bool OnResponse(ulong id, in ResponseMessage response, bool end)
    {
        ExchangeOutcome outcome;
        uint more = 0;
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
            if (outcome is ExchangeOutcome.Streaming && response.Body.Length == ProtocolLimits.MaxBody)
            {
                // As much as one frame carries: there is more of it, which need not wait for the client.
                more = Grow();
            }
        }

        if (outcome is ExchangeOutcome.BadResponse && !end)
        {
            _link!.Cancel(id, CancelReason.FrontError);
        }

        if (more > 0)
        {
            _link!.SendWindow(id, more);
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
        uint more = 0;
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
                more = (uint)data.Length;
            }
            else if (_bodyCredit < _forwarder.Options.ResponseWindow / 2)
            {
                more = Grow();
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
        else
        {
            if (more > 0)
            {
                _link!.SendWindow(id, more);
            }

            if (!_hasNoBody)
            {
                Flush(writer);
            }
        }

        return true;
    }

    // Flushing never waits: the pipe has no threshold, the credit bounds what is in it.
    private static void Flush(PipeWriter writer)
    {
        ValueTask<FlushResult> flushed = writer.FlushAsync();
        Debug.Assert(flushed.IsCompletedSuccessfully, "the response pipe has no pause threshold");
        flushed.GetAwaiter().GetResult();
    }

    // Lets the worker send more than the client has taken, so that its thread is free: first as much as keeps a fast client busy, then
    // twice as much each time, as far as the bound of one response and the budget of all go. Under _lock.
    private uint Grow()
    {
        int window = _forwarder.Options.ResponseWindow + _extraCredit;
        int step = Math.Min(_extraCredit == 0 ? 3 * window : window, _forwarder.Options.BufferResponse - window);
        if (step <= 0 || !_forwarder.ResponseMemory.TryTake(step))
        {
            return 0;
        }

        _extraCredit += step;
        _bodyCredit += step;
        return (uint)step;
    }

    // When memory is short, what the client has taken is given back to the budget before the worker gets credit for it. Under _lock.
    private int Shrink(int size)
    {
        if (_extraCredit == 0 || !_forwarder.ResponseMemory.IsTight)
        {
            return 0;
        }

        int given = Math.Min(size, _extraCredit);
        _extraCredit -= given;
        _forwarder.ResponseMemory.Give(given);
        return given;
    }

    private void ReleaseResponseMemory()
    {
        if (_extraCredit > 0)
        {
            _forwarder.ResponseMemory.Give(_extraCredit);
            _extraCredit = 0;
        }
    }

    private ExchangeOutcome ApplyHead(in ResponseMessage message, bool end)
    {
        HttpResponse response = _context.Response;
        Rule = ResponseHead.TryApply(response, message, out _contentLength);
        if (Rule is not null)
        {
            return ExchangeOutcome.BadResponse;
        }

        if (_owesContinue || _forwarder.EndsConnection())
        {
            // The client may send its body all the same, or not: only a closed connection is clear (RFC 9110, section 10.1.1).
            // Or the server stops, and the client is not to send the next request on this connection (section 9.6).
            response.Headers.Connection = "close";
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
        _bodyCredit = _forwarder.Options.ResponseWindow;
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
}
