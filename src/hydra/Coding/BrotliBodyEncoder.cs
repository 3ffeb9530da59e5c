using System.Buffers;
using System.IO.Compression;

namespace Hydra.Coding;

/// <summary>Brotli (RFC 7932), by the library that .NET has.</summary>
/// <param name="quality">0 to 11.</param>
internal sealed class BrotliBodyEncoder(int quality) : BodyEncoder
{
    private BrotliEncoder _brotli = new(quality, WindowBits);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> data, IBufferWriter<byte> target) => Compress(data, target, isFinal: false);

    /// <inheritdoc/>
    public override void Flush(IBufferWriter<byte> target)
    {
        OperationStatus status;
        do
        {
            status = _brotli.Flush(target.GetSpan(Step), out int written);
            target.Advance(written);
            BytesOut += written;
        }
        while (status is OperationStatus.DestinationTooSmall);
    }

    /// <inheritdoc/>
    public override void Finish(IBufferWriter<byte> target) => Compress(default, target, isFinal: true);

    /// <inheritdoc/>
    private protected override void Release() => _brotli.Dispose();

    private void Compress(ReadOnlySpan<byte> data, IBufferWriter<byte> target, bool isFinal)
    {
        OperationStatus status;
        do
        {
            status = _brotli.Compress(data, target.GetSpan(Step), out int consumed, out int written, isFinal);
            data = data[consumed..];
            target.Advance(written);
            BytesOut += written;
        }
        while (status is OperationStatus.DestinationTooSmall || !data.IsEmpty);
    }
}
