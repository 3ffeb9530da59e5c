using System.IO.Compression;
using System.Text;
using Hydra.Coding;
using ZstdSharp;

namespace Hydra.Tests.Coding;

/// <summary>Decodes what the front has encoded.</summary>
internal static class Decoded
{
    /// <summary>All of it; fails where the end is missing.</summary>
    public static byte[] Whole(ContentCoding coding, ReadOnlyMemory<byte> data)
    {
        using Stream stream = Open(coding, data);
        using var result = new MemoryStream();
        stream.CopyTo(result);
        return result.ToArray();
    }

    /// <summary>The first bytes, of what is not complete.</summary>
    public static byte[] First(ContentCoding coding, ReadOnlyMemory<byte> data, int count)
    {
        using Stream stream = Open(coding, data);
        byte[] result = new byte[count];
        stream.ReadExactly(result);
        return result;
    }

    /// <summary>Text that can be compressed, and is always the same.</summary>
    public static byte[] Sample(int size)
    {
        var random = new Random(42);
        var text = new StringBuilder();
        while (text.Length < size)
        {
            text.Append("{\"id\": ").Append(random.Next(100_000)).Append(", \"name\": \"somebody\"}, ");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }

    private static Stream Open(ContentCoding coding, ReadOnlyMemory<byte> data)
    {
        var encoded = new MemoryStream(data.ToArray());
        return coding switch
        {
            ContentCoding.Gzip => new GZipStream(encoded, CompressionMode.Decompress),
            ContentCoding.Brotli => new BrotliStream(encoded, CompressionMode.Decompress),
            ContentCoding.Zstd => new DecompressionStream(encoded),
            ContentCoding.Deflate => new ZLibStream(encoded, CompressionMode.Decompress),
            _ => encoded,
        };
    }
}
