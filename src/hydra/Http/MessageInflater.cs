using System.Buffers;
using System.IO.Compression;

namespace Hydra.Http;

/// <summary>Decompresses one message of a WebSocket (RFC 7692, section 7.2.2), as it comes. One thread at a time.</summary>
internal sealed class MessageInflater : IDisposable
{
    /// <summary>Bytes that it holds: a window of 32 KiB, its tables, and a buffer.</summary>
    public const int Held = 48 * 1024;

    private static readonly byte[] Tail = [0, 0, 255, 255];

    private readonly FedStream _fed = new();
    private readonly DeflateStream _inflate;

    /// <summary>Begins a message.</summary>
    public MessageInflater() => _inflate = new DeflateStream(_fed, CompressionMode.Decompress);

    /// <summary>The next bytes of it. They are not to change before <see cref="Read"/> has said that they are used up.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="isLast">Whether the message ends with them.</param>
    public void Feed(in ReadOnlySequence<byte> data, bool isLast) => _fed.Set(data, isLast ? Tail : []);

    /// <summary>Decompresses as much as there is room for.</summary>
    /// <returns>Less than there is room for when what was fed is used up.</returns>
    /// <exception cref="InvalidDataException">It is not compressed, or not so.</exception>
    public int Read(Span<byte> target)
    {
        int count = 0;
        while (count < target.Length && _inflate.Read(target[count..]) is > 0 and var read)
        {
            count += read;
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _inflate.Dispose();

    private sealed class FedStream : Stream
    {
        private ReadOnlySequence<byte> _data;
        private byte[] _tail = [];

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Set(in ReadOnlySequence<byte> data, byte[] tail)
        {
            _data = data;
            _tail = tail;
        }

        public override int Read(Span<byte> buffer)
        {
            if (_data.IsEmpty && _tail.Length > 0)
            {
                _data = new ReadOnlySequence<byte>(_tail);
                _tail = [];
            }

            int count = (int)Math.Min(_data.Length, buffer.Length);
            _data.Slice(0, count).CopyTo(buffer);
            _data = _data.Slice(count);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
