namespace Hydra.Coding;

/// <summary>The checksums of gzip (RFC 1952, section 8) and zlib (RFC 1950, section 9), piece by piece.</summary>
internal static class Checksums
{
    // Bytes of which sums fit into 32 bits.
    private const int AdlerStep = 5552;
    private const uint AdlerBase = 65521;

    // Four tables of 256: a byte, and a byte with one to three behind it.
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The CRC-32 of what it is of and more.</summary>
    /// <param name="before">That of what came before; 0 at the beginning.</param>
    /// <param name="data">More.</param>
    public static uint Crc32(uint before, ReadOnlySpan<byte> data)
    {
        uint crc = ~before;
        ReadOnlySpan<uint> tables = Tables;
        while (data.Length >= 4)
        {
            crc ^= System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(data);
            crc = tables[768 + (int)(crc & 255)] ^ tables[512 + (int)((crc >> 8) & 255)] ^ tables[256 + (int)((crc >> 16) & 255)] ^ tables[(int)(crc >> 24)];
            data = data[4..];
        }

        foreach (byte one in data)
        {
            crc = tables[(int)((crc ^ one) & 255)] ^ (crc >> 8);
        }

        return ~crc;
    }

    /// <summary>The Adler-32 of what it is of and more.</summary>
    /// <param name="before">That of what came before; 1 at the beginning.</param>
    /// <param name="data">More.</param>
    public static uint Adler32(uint before, ReadOnlySpan<byte> data)
    {
        uint low = before & 0xffff;
        uint high = before >> 16;
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> piece = data[..Math.Min(data.Length, AdlerStep)];
            foreach (byte one in piece)
            {
                low += one;
                high += low;
            }

            low %= AdlerBase;
            high %= AdlerBase;
            data = data[piece.Length..];
        }

        return (high << 16) | low;
    }

    private static uint[] MakeTables()
    {
        uint[] tables = new uint[4 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xedb88320 ^ (crc >> 1) : crc >> 1;
            }

            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
        {
            tables[i] = tables[tables[i - 256] & 255] ^ (tables[i - 256] >> 8);
        }

        return tables;
    }
}
