using System.Buffers;
using System.IO.Compression;
using Hydra.Primitives;
using ZstdSharp;

namespace Hydra.Coding;

/// <summary>Encodes a body that is there as a whole. Any thread.</summary>
internal static class WholeEncoder
{
    // A context of zstd for each thread that compresses: tables for what is small are small.
    [ThreadStatic]
    private static Compressor? _zstd;

    /// <summary>Encodes a body.</summary>
    /// <param name="coding">Gzip, Brotli or Zstd.</param>
    /// <param name="levels">How hard it is to try.</param>
    /// <param name="data">The body.</param>
    /// <param name="length">How long it has become.</param>
    /// <returns>
    /// A buffer of <see cref="BufferPool"/> that begins with it, and is the caller's to return; null where it has not become shorter.
    /// </returns>
    public static byte[]? Encode(ContentCoding coding, CodingLevels levels, ReadOnlySpan<byte> data, out int length)
    {
        length = 0;
        if (data.Length < 2)
        {
            return null;
        }

        byte[] target = BufferPool.Rent(data.Length);
        Span<byte> room = target.AsSpan(0, data.Length - 1);
        bool fits = coding switch
        {
            ContentCoding.Gzip => TryGzip(levels.Gzip, data, target, room.Length, out length),
            ContentCoding.Brotli => BrotliEncoder.TryCompress(data, room, out length, levels.Brotli, WindowFor(data.Length)),
            _ => Zstd(levels.Zstd).TryWrap(data, room, out length),
        };
        if (fits)
        {
            return target;
        }

        BufferPool.Return(target);
        return null;
    }

    private static Compressor Zstd(int level)
    {
        Compressor zstd = _zstd ??= new Compressor(level);
        if (zstd.Level != level)
        {
            zstd.Level = level;
        }

        return zstd;
    }

    // 10 to 18: no larger than the body, which saves clearing tables.
    private static int WindowFor(int length) => Math.Clamp(32 - int.LeadingZeroCount(length), 10, 18);

    private static bool TryGzip(int level, ReadOnlySpan<byte> data, byte[] target, int room, out int length)
    {
        using var stream = new MemoryStream(target, 0, room);
        length = 0;
        try
        {
            using (var gzip = new GZipStream(stream, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
            {
                gzip.Write(data);
            }
        }
        catch (NotSupportedException)
        {
            // It is full: what does not become shorter is rare among what is compressible.
            return false;
        }

        length = (int)stream.Position;
        return true;
    }
}
