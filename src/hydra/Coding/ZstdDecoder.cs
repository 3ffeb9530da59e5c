using System.Buffers;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Hydra.Coding;

/// <summary>Zstandard (RFC 8878): frames, one behind the other.</summary>
internal sealed class ZstdDecoder : BodyDecoder
{
    // RFC 9659: nobody needs to take larger ones, and nobody sends them.
    private const int WindowBits = 23;

    private readonly Decompressor _zstd = new();
    private bool _isDone;

    /// <summary>A decoder for one body.</summary>
    public ZstdDecoder() => _zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, WindowBits);

    /// <inheritdoc/>
    public override bool IsDone => _isDone;

    /// <inheritdoc/>
    public override int Window => 1 << WindowBits;

    /// <inheritdoc/>
    public override int Decode(ReadOnlySpan<byte> source, Span<byte> target, out int written)
    {
        written = 0;
        if (_isDone && source.IsEmpty)
        {
            return 0;
        }

        try
        {
            OperationStatus status = _zstd.UnwrapStream(source, target, out int consumed, out written);
            _isDone = status is OperationStatus.Done;
            return consumed;
        }
        catch (ZstdException e)
        {
            throw new InvalidDataException("It is not Zstandard.", e);
        }
    }

    /// <inheritdoc/>
    private protected override void Release() => _zstd.Dispose();
}
