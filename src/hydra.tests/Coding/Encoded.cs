using System.IO.Compression;
using Hydra.Coding;
using ZstdSharp;

namespace Hydra.Tests.Coding;

/// <summary>Encodes with the libraries that others use.</summary>
internal static class Encoded
{
    /// <summary>All of a body.</summary>
    public static byte[] Whole(ContentCoding coding, byte[] data, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var target = new MemoryStream();
        using (Stream stream = coding switch
        {
            ContentCoding.Gzip => new GZipStream(target, level, leaveOpen: true),
            ContentCoding.Deflate => new ZLibStream(target, level, leaveOpen: true),
            ContentCoding.Brotli => new BrotliStream(target, level, leaveOpen: true),
            _ => new CompressionStream(target, leaveOpen: true),
        })
        {
            stream.Write(data);
        }

        return target.ToArray();
    }

    /// <summary>DEFLATE without a frame.</summary>
    public static byte[] Bare(byte[] data, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var target = new MemoryStream();
        using (var stream = new DeflateStream(target, level, leaveOpen: true))
        {
            stream.Write(data);
        }

        return target.ToArray();
    }
}
