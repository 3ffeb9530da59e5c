using System.Buffers;
using System.IO.Compression;

namespace Hydra.Coding;

/// <summary>Brotli (RFC 7932), by the library that .NET has.</summary>
internal sealed class BrotliBodyDecoder : BodyDecoder
{
    private BrotliDecoder _brotli;
    private bool _isDone;

    /// <inheritdoc/>
    public override bool IsDone => _isDone;

    /// <inheritdoc/>
    public override int Window => 1 << 24;

    /// <inheritdoc/>
    public override int Decode(ReadOnlySpan<byte> source, Span<byte> target, out int written)
    {
        written = 0;
        if (_isDone)
        {
            return 0;
        }

        OperationStatus status = _brotli.Decompress(source, target, out int consumed, out written);
        if (status is OperationStatus.InvalidData)
        {
            throw new InvalidDataException("It is not Brotli.");
        }

        _isDone = status is OperationStatus.Done;
        return consumed;
    }

    /// <inheritdoc/>
    private protected override void Release() => _brotli.Dispose();
}
