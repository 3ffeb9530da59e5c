using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Hydra.Http;

/// <summary>The input of a connection of HTTP/2, which ends where its client floods it. One reader at a time.</summary>
/// <param name="inner">The connection's input.</param>
/// <param name="watch">Looks at its frames.</param>
/// <param name="flooded">Called once, when the input ends for that.</param>
internal sealed class WatchedReader(PipeReader inner, FrameWatch watch, Action flooded) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;

    // Bytes at the beginning of the buffer that were looked at.
    private long _looked;
    private bool _isOver;

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
        if (!_buffer.IsEmpty)
        {
            _looked -= _buffer.Slice(_buffer.Start, consumed).Length;
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
        _buffer = result.Buffer;
        if (!watch.IsFlooded)
        {
            watch.Look(result.Buffer.Slice(_looked));
            _looked = result.Buffer.Length;
        }

        if (!watch.IsFlooded)
        {
            return result;
        }

        if (!_isOver)
        {
            _isOver = true;
            flooded();
        }

        // Kestrel takes it for the end: it says GOAWAY, and ends the streams.
        return new ReadResult(result.Buffer.Slice(0, 0), result.IsCanceled, isCompleted: true);
    }
}
