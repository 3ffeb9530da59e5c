using System.Buffers;
using System.IO.Pipelines;

namespace Hydra.Http;

/// <summary>
/// A response's body for a reader that takes the end of what it reads for the end of the body: where it is not, the read that would say so
/// throws, behind everything that has come. One reader at a time.
/// </summary>
/// <param name="body">The body, which streams.</param>
internal sealed class CheckedReader(ResponseBody body) : PipeReader
{
    private readonly PipeReader _inner = body.Reader;
    private ReadOnlySequence<byte> _buffer;
    private bool _isExamined;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!_inner.TryRead(out result))
        {
            return false;
        }

        result = Check(result);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        => Check(await _inner.ReadAsync(cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _isExamined = _buffer.Slice(examined).IsEmpty;
        _buffer = default;
        _inner.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => _inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    private ReadResult Check(in ReadResult result)
    {
        _buffer = result.Buffer;
        if (!result.IsCompleted || body.Cut is not { } cut)
        {
            return result;
        }

        if (result.Buffer.IsEmpty || _isExamined)
        {
            // There is nothing that it has not seen.
            _inner.AdvanceTo(result.Buffer.Start);
            throw cut;
        }

        return new ReadResult(result.Buffer, result.IsCanceled, isCompleted: false);
    }
}
