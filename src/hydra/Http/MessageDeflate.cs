using System.IO.Compression;
using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>
/// Compresses messages of WebSockets (RFC 7692, section 7.2.1), each by itself: a session that says nothing holds no window, and what clients
/// of ten thousand sessions could have the server hold otherwise is gigabytes.
/// </summary>
internal static class MessageDeflate
{
    // What a flush ends with, and the message goes without: an empty block.
    private const int Tail = 4;

    /// <summary>Compresses a message, or a part of one: parts follow each other as they are.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="isLast">Whether the message ends with it.</param>
    /// <param name="length">How much it has become.</param>
    /// <returns>That, in a buffer of the pool, which the caller gives back.</returns>
    public static byte[] Compress(ReadOnlySpan<byte> data, bool isLast, out int length)
    {
        var target = new RentedStream(Math.Max(data.Length / 2, 64));
        if (data.IsEmpty)
        {
            // A block that is as empty (section 7.2.3.6).
            target.WriteByte(0);
            length = isLast ? 1 : 0;
            return target.Buffer;
        }

        using (var deflate = new DeflateStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(data);
            deflate.Flush();
            target.IsFull = true;
        }

        length = (int)target.Length - (isLast ? Tail : 0);
        return target.Buffer;
    }

    // What is written, in a buffer of the pool. Full, it drops the rest: the end of a stream that has none.
    private sealed class RentedStream(int size) : Stream
    {
        private int _length;

        public byte[] Buffer { get; private set; } = BufferPool.Rent(size);

        public bool IsFull { get; set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (IsFull)
            {
                return;
            }

            if (buffer.Length > Buffer.Length - _length)
            {
                byte[] larger = BufferPool.Rent(Math.Max(Buffer.Length * 2, _length + buffer.Length));
                Buffer.AsSpan(0, _length).CopyTo(larger);
                BufferPool.Return(Buffer);
                Buffer = larger;
            }

            buffer.CopyTo(Buffer.AsSpan(_length));
            _length += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
