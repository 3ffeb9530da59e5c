using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hydra.Tests.Functional.Load;

/// <summary>A body of known bytes, as large as one likes; the other side is Apps/big_data.py.</summary>
internal static class BigData
{
    /// <summary>Bytes of a block.</summary>
    public const int Block = 64 * 1024;

    /// <summary>A block without its number.</summary>
    public static byte[] NewBlock()
    {
        byte[] block = new byte[Block];
        for (int i = 0; i < Block - 8; i++)
        {
            block[i + 8] = (byte)(i * 7 % 251);
        }

        return block;
    }

    /// <summary>Makes a block the one with this number.</summary>
    public static void Number(byte[] block, long number) => BinaryPrimitives.WriteInt64LittleEndian(block, number);

    /// <summary>What a complete body hashes to.</summary>
    public static string Digest(long total)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = NewBlock();
        for (long i = 0; i < total / Block; i++)
        {
            Number(block, i);
            hash.AppendData(block);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
