using System.Buffers;
using System.IO.Pipelines;

namespace Hydra.Http;

/// <summary>
/// A connection's bytes once it speaks WebSocket: those of its transport, without what HTTP has between. Sees with which code the session was
/// closed where .NET has found a rule of the protocol broken: it tells the client alone.
/// </summary>
/// <param name="transport">The connection.</param>
internal sealed class ClosingStream(IDuplexPipe transport) : Stream
{
    // The first byte of a close frame that is whole (RFC 6455, section 5.2), from a server.
    private const byte CloseFrame = 0x88;

    /// <summary>The code of the close that was sent; 1005 where it has none, null as long as none was sent.</summary>
    public ushort? Code { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => transport.Input.TryRead(out ReadResult read) && TryTake(read, buffer, out int count)
            ? ValueTask.FromResult(count)
            : WaitAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadOnlySpan<byte> frame = buffer.Span;
        if (frame.Length >= 2 && frame[0] == CloseFrame)
        {
            Code = frame.Length >= 4 ? (ushort)((frame[2] << 8) | frame[3]) : (ushort)1005;
        }

        return Done(transport.Output.WriteAsync(buffer, cancellationToken));
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Done(transport.Output.FlushAsync(cancellationToken)).AsTask();

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static ValueTask Done(ValueTask<FlushResult> flush)
    {
        if (!flush.IsCompletedSuccessfully)
        {
            return WaitAsync(flush);
        }

        _ = flush.Result;
        return ValueTask.CompletedTask;
    }

    private static async ValueTask WaitAsync(ValueTask<FlushResult> flush) => await flush.ConfigureAwait(false);

    private async ValueTask<int> WaitAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await transport.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (TryTake(read, buffer, out int count))
            {
                return count;
            }
        }
    }

    // False where the read has brought nothing, and not the end. An empty buffer only asks whether there is something.
    private bool TryTake(in ReadResult read, Memory<byte> buffer, out int count)
    {
        ReadOnlySequence<byte> data = read.Buffer;
        count = (int)Math.Min(data.Length, buffer.Length);
        data.Slice(0, count).CopyTo(buffer.Span);
        transport.Input.AdvanceTo(data.GetPosition(count));
        return !data.IsEmpty || read.IsCompleted;
    }
}
