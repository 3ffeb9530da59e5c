using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>A request's body that is copied on its way, up to a bound. One reader at a time.</summary>
/// <param name="inner">The body.</param>
/// <param name="most">Bytes that are copied.</param>
internal sealed class CopyingReader(PipeReader inner, int most) : PipeReader, IRequestBodyPipeFeature
{
    private readonly ArrayBufferWriter<byte> _copy = new();
    private ReadOnlySequence<byte> _buffer;

    /// <summary>What was copied.</summary>
    public byte[] Copy => _copy.WrittenSpan.ToArray();

    /// <summary>Whether there was more than that.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whether it was read to its end.</summary>
    public bool IsRead { get; private set; }

    /// <inheritdoc/>
    public PipeReader Reader => this;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        bool isRead = inner.TryRead(out result);
        return isRead && Take(result);
    }

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ReadResult result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        Take(result);
        return result;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_buffer.IsEmpty)
        {
            ReadOnlySequence<byte> taken = _buffer.Slice(_buffer.Start, consumed);
            long room = most - _copy.WrittenCount;
            IsCut |= taken.Length > room;
            foreach (ReadOnlyMemory<byte> part in taken.Slice(0, Math.Min(taken.Length, room)))
            {
                _copy.Write(part.Span);
            }
        }

        _buffer = default;
        inner.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private bool Take(in ReadResult result)
    {
        _buffer = result.Buffer;
        IsRead |= result.IsCompleted;
        return true;
    }
}
