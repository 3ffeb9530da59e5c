namespace Hydra.Http;

/// <summary>
/// A connection's bytes once it speaks WebSocket. Sees with which code the session was closed where .NET has found a rule of the protocol
/// broken: it tells the client alone.
/// </summary>
/// <param name="inner">The connection.</param>
internal sealed class ClosingStream(Stream inner) : Stream
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
        => inner.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadOnlySpan<byte> frame = buffer.Span;
        if (frame.Length >= 2 && frame[0] == CloseFrame)
        {
            Code = frame.Length >= 4 ? (ushort)((frame[2] << 8) | frame[3]) : (ushort)1005;
        }

        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

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
}
