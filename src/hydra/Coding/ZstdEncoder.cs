using System.Buffers;
using System.Collections.Concurrent;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Hydra.Coding;

/// <summary>Zstandard (RFC 8878) in a stream. Contexts are large, and kept: as many as there are processors. Any thread.</summary>
internal sealed class ZstdEncoder : BodyEncoder
{
    private static readonly ConcurrentBag<ZstdEncoder> Kept = [];

    private readonly Compressor _zstd;

    private ZstdEncoder(int level)
    {
        _zstd = new Compressor(level);

        // Far below the 8 MB that a client has to take (RFC 9659).
        _zstd.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, WindowBits);
    }

    /// <summary>An encoder for one body.</summary>
    /// <param name="level">1 to 19.</param>
    public static ZstdEncoder Rent(int level)
    {
        if (!Kept.TryTake(out ZstdEncoder? kept))
        {
            return new ZstdEncoder(level);
        }

        if (kept._zstd.Level != level)
        {
            kept._zstd.Level = level;
        }

        kept.BytesOut = 0;
        return kept;
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> data, IBufferWriter<byte> target)
    {
        while (!data.IsEmpty)
        {
            _zstd.WrapStream(data, target.GetSpan(Step), out int consumed, out int written, isFinalBlock: false);
            data = data[consumed..];
            target.Advance(written);
            BytesOut += written;
        }
    }

    /// <inheritdoc/>
    public override void Flush(IBufferWriter<byte> target)
    {
        OperationStatus status;
        do
        {
            status = _zstd.FlushStream(target.GetSpan(Step), out int written);
            target.Advance(written);
            BytesOut += written;
        }
        while (status is OperationStatus.DestinationTooSmall);
    }

    /// <inheritdoc/>
    public override void Finish(IBufferWriter<byte> target)
    {
        OperationStatus status;
        do
        {
            status = _zstd.WrapStream(default, target.GetSpan(Step), out _, out int written, isFinalBlock: true);
            target.Advance(written);
            BytesOut += written;
        }
        while (status is OperationStatus.DestinationTooSmall);
    }

    /// <inheritdoc/>
    private protected override void Release()
    {
        _zstd.ResetStream();
        if (Kept.Count < Environment.ProcessorCount)
        {
            Kept.Add(this);
        }
        else
        {
            _zstd.Dispose();
        }
    }
}
