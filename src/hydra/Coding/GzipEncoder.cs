using System.Buffers;
using System.IO.Compression;

namespace Hydra.Coding;

/// <summary>gzip (RFC 1952), by the zlib-ng that .NET has.</summary>
internal sealed class GzipEncoder : BodyEncoder
{
    private readonly Sink _sink = new();
    private readonly GZipStream _gzip;

    /// <summary>An encoder for one body.</summary>
    /// <param name="level">1 to 9.</param>
    public GzipEncoder(int level)
        => _gzip = new GZipStream(_sink, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> data, IBufferWriter<byte> target)
    {
        _sink.Target = target;
        _gzip.Write(data);
        BytesOut = _sink.Written;
    }

    /// <inheritdoc/>
    public override void Flush(IBufferWriter<byte> target)
    {
        _sink.Target = target;
        _gzip.Flush();
        BytesOut = _sink.Written;
    }

    /// <inheritdoc/>
    public override void Finish(IBufferWriter<byte> target)
    {
        _sink.Target = target;
        _gzip.Dispose();
        BytesOut = _sink.Written;
    }

    /// <inheritdoc/>
    private protected override void Release()
    {
        // Of a body that breaks off the end is written to nobody.
        _sink.Target = null;
        _gzip.Dispose();
    }

    private sealed class Sink : Stream
    {
        public IBufferWriter<byte>? Target { get; set; }

        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Written;

        public override long Position
        {
            get => Written;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Target is not null)
            {
                Target.Write(buffer);
                Written += buffer.Length;
            }
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
