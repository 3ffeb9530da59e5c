using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Hydra.Transport;

namespace Hydra.Http;

/// <summary>
/// The input of a connection whose transport has heads looked at by nobody else. One reader at a time. The end is told behind the last bytes and not
/// together with them, as Hydra's own transport does it: of a body with a Content-Length Kestrel looks at nothing that comes with the end of the
/// connection, and what a client has sent of an upload before it left, or all of it where it closed its sending side at once, would be lost.
/// </summary>
internal sealed class CapturingReader(PipeReader inner, HeadCapture capture) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;

    // Bytes that the reader has looked at and left: should there be no more of them, the end is what is new.
    private long _seen;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        result = Take(result);
        return true;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        return Take(await inner.ReadAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seen = 0;
        if (!_buffer.IsEmpty)
        {
            capture.OnConsumed(_buffer.Slice(_buffer.Start, consumed).Length);
            _seen = _buffer.Slice(consumed, examined).Length;
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

    private ReadResult Take(in ReadResult result)
    {
        capture.Look(result.Buffer);
        _buffer = result.Buffer;
        return result.IsCompleted && result.Buffer.Length > _seen ? new ReadResult(result.Buffer, result.IsCanceled, isCompleted: false) : result;
    }
}
