using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Hydra.Transport;

namespace Hydra.Http;

/// <summary>The input of a connection whose transport has heads looked at by nobody else. One reader at a time.</summary>
internal sealed class CapturingReader(PipeReader inner, HeadCapture capture) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        capture.Look(result.Buffer);
        _buffer = result.Buffer;
        return true;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ReadResult result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        capture.Look(result.Buffer);
        _buffer = result.Buffer;
        return result;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_buffer.IsEmpty)
        {
            capture.OnConsumed(_buffer.Slice(_buffer.Start, consumed).Length);
        }

        _buffer = default;
        inner.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
