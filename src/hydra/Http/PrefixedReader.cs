using System.Buffers;
using System.IO.Pipelines;

namespace Hydra.Http;

/// <summary>The input of a connection with something of our own in front of it. One reader at a time.</summary>
/// <param name="prefix">What comes first; at least a byte.</param>
/// <param name="inner">What comes behind it.</param>
internal sealed class PrefixedReader(byte[] prefix, PipeReader inner) : PipeReader
{
    // Bytes of the prefix that were consumed.
    private int _taken;

    // The prefix is what was read last.
    private ReadOnlySequence<byte> _given;
    private bool _isCancelled;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (_taken == prefix.Length)
        {
            return inner.TryRead(out result);
        }

        result = TakePrefix();
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        => _taken == prefix.Length ? inner.ReadAsync(cancellationToken) : ValueTask.FromResult(TakePrefix());

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_taken == prefix.Length)
        {
            inner.AdvanceTo(consumed, examined);
            return;
        }

        _taken += (int)_given.Slice(0, consumed).Length;
        _given = default;
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        if (_taken == prefix.Length)
        {
            inner.CancelPendingRead();
        }
        else
        {
            Volatile.Write(ref _isCancelled, true);
        }
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private ReadResult TakePrefix()
    {
        _given = new ReadOnlySequence<byte>(prefix, _taken, prefix.Length - _taken);
        return new ReadResult(_given, Interlocked.Exchange(ref _isCancelled, false), isCompleted: false);
    }
}
