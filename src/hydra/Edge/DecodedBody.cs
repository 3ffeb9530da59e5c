using System.Buffers;
using System.IO.Pipelines;
using Hydra.Coding;
using Hydra.Primitives;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Edge;

/// <summary>
/// A request's body as its codings have it decoded: as much of it at a time as fits into a buffer, and only when somebody reads, so that a client
/// is held back as it is without them. One reader at a time; <see cref="CancelPendingRead"/> from any thread.
/// </summary>
/// <param name="inner">The body as the client sends it.</param>
/// <param name="decoders">What decodes it; disposed of with this.</param>
/// <param name="ratio">How many times as long it may become, from its first megabyte on; 0 for any.</param>
/// <param name="memory">What clients may have the server hold.</param>
internal sealed class DecodedBody(PipeReader inner, DecoderChain decoders, int ratio, MemoryBudget memory) : PipeReader, IRequestBodyPipeFeature, IDisposable
{
    /// <summary>Bytes of the buffer.</summary>
    public const int BufferSize = 32 * 1024;

    // Below it no ratio is looked at: what is short may well be very regular, and does no harm.
    private const long FreeBytes = 1024 * 1024;

    private byte[] _buffer = BufferPool.Rent(BufferSize);
    private ReadOnlySequence<byte> _lent;
    private int _start;
    private int _end;

    // There is something that the reader has not looked at.
    private bool _hasNews;

    // Something may come out without more going in.
    private bool _mayHold;
    private bool _hasEnded;
    private bool _isComplete;
    private Exception? _error;

    // Bytes that went in, and came out.
    private long _taken;
    private long _given;

    // Of the memory.
    private long _held;

    PipeReader IRequestBodyPipeFeature.Reader => this;

    /// <summary>Takes the memory that it has from its beginning.</summary>
    /// <returns>Whether there is as much.</returns>
    public bool TryHold() => TryHold(decoders.Cost + BufferSize);

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        bool isThere = TryTake(out result);
        while (!isThere && inner.TryRead(out ReadResult read))
        {
            if (read.IsCanceled)
            {
                result = Cancelled(read);
                return true;
            }

            Decode(read);
            isThere = TryTake(out result);
        }

        return isThere;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        => TryTake(out ReadResult result) ? ValueTask.FromResult(result) : ReadMoreAsync(cancellationToken);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _hasNews = !_lent.Slice(examined).IsEmpty;
        _start += (int)_lent.Slice(0, consumed).Length;
        _lent = default;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <summary>Nobody reads any more.</summary>
    public void Dispose()
    {
        decoders.Dispose();
        BufferPool.Return(_buffer);
        _buffer = [];
        if (_held > 0)
        {
            memory.Give(_held);
            _held = 0;
        }
    }

    private async ValueTask<ReadResult> ReadMoreAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask<ReadResult> reading = inner.ReadAsync(cancellationToken);
            bool waits = !reading.IsCompleted;
            ReadResult read = await reading.ConfigureAwait(false);
            if (waits)
            {
                // Whoever brings the bytes may be an event loop: it has others to serve.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            if (read.IsCanceled)
            {
                return Cancelled(read);
            }

            Decode(read);
            if (TryTake(out ReadResult result))
            {
                return result;
            }
        }
    }

    private ReadResult Cancelled(in ReadResult read)
    {
        inner.AdvanceTo(read.Buffer.Start);
        return new ReadResult(Lend(), isCanceled: true, _isComplete);
    }

    // What can be had without more of the client's bytes.
    private bool TryTake(out ReadResult result)
    {
        if (_error is { } error)
        {
            throw error;
        }

        if (!_hasNews && _mayHold)
        {
            Decode([], out _);
        }

        if (!_hasNews && _hasEnded && !_isComplete)
        {
            _isComplete = decoders.IsDone ? true : throw Fail("its coded body breaks off", StatusCodes.Status400BadRequest);
        }

        bool isThere = _hasNews || _isComplete;
        result = isThere ? new ReadResult(Lend(), isCanceled: false, _isComplete) : default;
        return isThere;
    }

    private ReadOnlySequence<byte> Lend() => _lent = new ReadOnlySequence<byte>(_buffer, _start, _end - _start);

    // Decodes as much as there is room for, and leaves the rest where it is.
    private void Decode(in ReadResult read)
    {
        long taken = 0;
        try
        {
            foreach (ReadOnlyMemory<byte> piece in read.Buffer)
            {
                taken += Decode(piece.Span, out bool isFull);
                if (isFull)
                {
                    break;
                }
            }
        }
        finally
        {
            inner.AdvanceTo(read.Buffer.GetPosition(taken));
        }

        _hasEnded = read.IsCompleted && taken == read.Buffer.Length;
    }

    private int Decode(ReadOnlySpan<byte> source, out bool isFull)
    {
        MakeRoom();
        int size = source.Length;
        int written;
        do
        {
            int taken;
            try
            {
                taken = decoders.Decode(source, _buffer.AsSpan(_end), out written);
            }
            catch (InvalidDataException)
            {
                throw Fail("its body is not coded as its Content-Encoding says", StatusCodes.Status400BadRequest);
            }

            source = source[taken..];
            _taken += taken;
            _end += written;
            _given += written;
            _hasNews |= written > 0;
            Check();
        }
        while (written > 0 && _end < _buffer.Length);
        isFull = _end == _buffer.Length;
        _mayHold = isFull;
        return size - source.Length;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            // Whoever takes nothing of it wants more at once.
            byte[] larger = BufferPool.Rent(2 * _buffer.Length);
            _buffer.CopyTo(larger, 0);
            BufferPool.Return(_buffer);
            _buffer = larger;
        }
    }

    private void Check()
    {
        if (ratio > 0 && _given > FreeBytes && _given / ratio > _taken)
        {
            throw Fail($"its body becomes more than {ratio} times as long when it is decoded", StatusCodes.Status413PayloadTooLarge);
        }

        long window = Math.Min(decoders.Window, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)_given));
        if (!TryHold(decoders.Cost + _buffer.Length + window))
        {
            throw Fail("the memory for requests is used up", StatusCodes.Status503ServiceUnavailable);
        }
    }

    private bool TryHold(long wanted)
    {
        if (wanted > _held && !memory.TryTake(wanted - _held))
        {
            return false;
        }

        _held = Math.Max(_held, wanted);
        return true;
    }

    private Exception Fail(string text, int status) => _error = new BadHttpRequestException(text, status);
}
