using System.Buffers;
using System.IO.Pipelines;

namespace Hydra.Http;

/// <summary>What the client of a response that streams is to get: what the application sends, and messages of topics between. One reader at a time.</summary>
/// <param name="body">The body.</param>
/// <param name="inner">What the application sends.</param>
internal sealed class ResponseReader(ResponseBody body, PipeReader inner) : PipeReader
{
    // What is left of a message that is being read.
    private ReadOnlyMemory<byte> _message;
    private bool _isMessage;

    // What the application has sent was looked at and not taken whole: it comes first.
    private bool _hasRest;
    private ReadOnlySequence<byte> _read;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (TryReadMessage(out result))
        {
            return true;
        }

        if (!inner.TryRead(out result))
        {
            return false;
        }

        if (!IsCall(result))
        {
            result = Check(result);
            return true;
        }

        inner.AdvanceTo(result.Buffer.Start);
        return TryReadMessage(out result);
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (TryReadMessage(out ReadResult message))
        {
            return ValueTask.FromResult(message);
        }

        ValueTask<ReadResult> read = inner.ReadAsync(cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            return AwaitAsync(read, cancellationToken);
        }

        ReadResult result = read.Result;
        return IsCall(result) ? AwaitAsync(ValueTask.FromResult(result), cancellationToken) : ValueTask.FromResult(Check(result));
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_isMessage)
        {
            _hasRest = !_read.Slice(consumed).IsEmpty;
            _read = default;
            inner.AdvanceTo(consumed, examined);
            return;
        }

        _message = new ReadOnlySequence<byte>(_message).Slice(consumed).First;
        _isMessage = !_message.IsEmpty;
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await read.ConfigureAwait(false);
            if (!IsCall(result))
            {
                return Check(result);
            }

            inner.AdvanceTo(result.Buffer.Start);
            if (TryReadMessage(out ReadResult message))
            {
                return message;
            }

            read = inner.ReadAsync(cancellationToken);
        }
    }

    // Whether a read has only returned because there may be a message.
    private bool IsCall(in ReadResult result) => result is { IsCanceled: true, IsCompleted: false, Buffer.IsEmpty: true } && !body.HasFile;

    private ReadResult Check(in ReadResult result)
    {
        _read = result.Buffer;
        return result;
    }

    private bool TryReadMessage(out ReadResult result)
    {
        if (!_isMessage)
        {
            if (_hasRest || body.TryTakeMessage() is not { Length: > 0 } taken)
            {
                result = default;
                return false;
            }

            _message = taken;
            _isMessage = true;
        }

        result = new ReadResult(new ReadOnlySequence<byte>(_message), isCanceled: false, isCompleted: false);
        return true;
    }
}
