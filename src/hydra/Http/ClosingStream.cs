using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Hydra.Http;

/// <summary>
/// A connection's bytes once it speaks WebSocket: those of its transport, without what HTTP has between. Sees with which code the session was
/// closed where .NET has found a rule of the protocol broken: it tells the client alone. Messages that are not compressed need nothing of .NET's, and
/// are copied once, into the connection's output; a gate keeps them and .NET's own frames apart.
/// </summary>
/// <param name="transport">The connection.</param>
internal sealed class ClosingStream(IDuplexPipe transport) : Stream
{
    // The first byte of a close frame that is whole (RFC 6455, section 5.2), from a server.
    private const byte CloseFrame = 0x88;

    private readonly SemaphoreSlim _gate = new(1, 1);

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

        return _gate.Wait(0, CancellationToken.None) ? Write(buffer.Span) : WaitAndWriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

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

    /// <summary>Sends a data frame (RFC 6455, section 5.2), unless another frame is on its way.</summary>
    /// <param name="first">Its first byte: whether it is the last of its message, and its opcode.</param>
    /// <param name="data">What it carries.</param>
    /// <param name="done">Complete when the connection has room for more.</param>
    /// <returns>False where nothing was sent.</returns>
    public bool TrySend(byte first, ReadOnlySpan<byte> data, out ValueTask done)
    {
        if (!_gate.Wait(0, CancellationToken.None))
        {
            done = default;
            return false;
        }

        done = WriteFrame(first, data);
        return true;
    }

    /// <summary>The same when the one on its way has left.</summary>
    public async ValueTask SendAsync(byte first, ReadOnlyMemory<byte> data)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        await WriteFrame(first, data.Span).ConfigureAwait(false);
    }

    private async ValueTask WaitAndWriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Write(buffer.Span).ConfigureAwait(false);
    }

    // In the gate, which opens when it is done; as the next one.
    private ValueTask WriteFrame(byte first, ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[10];
        head[0] = first;
        int size = 2;
        if (data.Length < 126)
        {
            head[1] = (byte)data.Length;
        }
        else if (data.Length <= ushort.MaxValue)
        {
            head[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)data.Length);
            size = 4;
        }
        else
        {
            head[1] = 127;
            BinaryPrimitives.WriteUInt64BigEndian(head[2..], (ulong)data.Length);
            size = 10;
        }

        return Write(head[..size], data);
    }

    private ValueTask Write(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other = default)
    {
        ValueTask<FlushResult> flush;
        try
        {
            transport.Output.Write(one);
            transport.Output.Write(other);
            flush = transport.Output.FlushAsync(CancellationToken.None);
        }
        catch
        {
            _gate.Release();
            throw;
        }

        if (!flush.IsCompletedSuccessfully)
        {
            return OpenAsync(flush);
        }

        _ = flush.Result;
        _gate.Release();
        return ValueTask.CompletedTask;
    }

    private async ValueTask OpenAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            await flush.ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

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
