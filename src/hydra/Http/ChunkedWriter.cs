using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Hydra.Primitives;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// Frames a body in chunks (RFC 9112, section 7.1) for a response that has said so itself: Kestrel, which frames all others, has no trailers in HTTP/1.1. What is
/// written is gathered into chunks, each of which leaves when it is full or flushed. One user at a time; without <see cref="End"/> the client sees that
/// something is missing.
/// </summary>
/// <param name="client">Takes what goes over the connection.</param>
internal sealed class ChunkedWriter(PipeWriter client) : PipeWriter
{
    // Bytes of a chunk, where nobody wants more memory in one piece.
    private const int ChunkSize = 16 * 1024;

    // Hexadecimal digits of an int, and CRLF.
    private const int LongestSize = 8 + 2;

    private byte[] _chunk = [];
    private int _length;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _chunk.AsMemory(_length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _chunk.AsSpan(_length);
    }

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_chunk.Length - _length), nameof(bytes));
        _length += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        WriteChunk();
        return client.FlushAsync(cancellationToken);
    }

    /// <summary>The body is over: writes what is left of it, the last chunk and the fields behind it. The caller flushes.</summary>
    /// <param name="trailers">A header block that is valid; empty for none.</param>
    public void End(ReadOnlySpan<byte> trailers)
    {
        WriteChunk();
        client.Write("0\r\n"u8);
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(trailers))
        {
            client.Write(name);
            client.Write(": "u8);
            client.Write(value);
            client.Write("\r\n"u8);
        }

        client.Write("\r\n"u8);
        GiveBack();
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() => client.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => client.Complete(exception);

    private void MakeRoom(int sizeHint)
    {
        int wanted = Math.Max(sizeHint, 1);
        if (_chunk.Length - _length >= wanted)
        {
            return;
        }

        WriteChunk();
        if (_chunk.Length < wanted)
        {
            GiveBack();
            _chunk = BufferPool.Rent(Math.Max(wanted, ChunkSize));
        }
    }

    private void GiveBack()
    {
        if (_chunk.Length > 0)
        {
            BufferPool.Return(_chunk);
            _chunk = [];
        }
    }

    private void WriteChunk()
    {
        // A chunk of no bytes would be the last.
        if (_length == 0)
        {
            return;
        }

        Span<byte> size = client.GetSpan(LongestSize);
        _ = Utf8Formatter.TryFormat(_length, size, out int digits, 'x');
        "\r\n"u8.CopyTo(size[digits..]);
        client.Advance(digits + 2);
        client.Write(_chunk.AsSpan(0, _length));
        client.Write("\r\n"u8);
        _length = 0;
    }
}
