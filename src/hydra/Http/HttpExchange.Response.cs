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

    // Flushing never waits: the pipe has no threshold, the credit bounds what is in it.
    private static void Flush(PipeWriter writer)
    {
        ValueTask<FlushResult> flushed = writer.FlushAsync();
        Debug.Assert(flushed.IsCompletedSuccessfully, "the response pipe has no pause threshold");
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

        if (_owesContinue)
        {
            // The client may send its body all the same, or not: only a closed connection is clear (RFC 9110, section 10.1.1).
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
}
