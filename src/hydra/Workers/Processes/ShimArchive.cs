using System.Buffers.Binary;
using System.Text;

namespace Hydra.Workers.Processes;

/// <summary>Makes a zip archive of the shim that Python can run: stored, not compressed, since it is never sent anywhere.</summary>
internal static class ShimArchive
{
    private const uint LocalHeader = 0x04034b50;
    private const uint CentralHeader = 0x02014b50;
    private const uint EndOfDirectory = 0x06054b50;
    private const ushort Version = 20;
    private const ushort Utf8Names = 1 << 11;

    // 1980-01-01, the first day that a zip archive knows.
    private const ushort FirstDay = (1 << 5) | 1;

    private static readonly string Module = Path.GetFileNameWithoutExtension(ShimFiles.EntryPoint);

    // What Python runs in an archive.
    private static readonly byte[] Main = Encoding.UTF8.GetBytes(
        $"import runpy\nrunpy.run_module(\"{Module}\", run_name=\"__main__\", alter_sys=True)\n");

    /// <summary>The archive's bytes.</summary>
    public static byte[] Create(ShimFiles shim)
    {
        var output = new MemoryStream();
        List<(byte[] Name, ShimFile File, uint Checksum, uint Offset)> entries = [];
        foreach (ShimFile file in shim.Files.Append(new ShimFile("__main__.py", Main)))
        {
            byte[] name = Encoding.UTF8.GetBytes(file.Path);
            uint checksum = Crc32(file.Content);
            entries.Add((name, file, checksum, (uint)output.Position));
            output.Write(Local(name, file, checksum));
            output.Write(name);
            output.Write(file.Content);
        }

        uint start = (uint)output.Position;
        foreach ((byte[] name, ShimFile file, uint checksum, uint offset) in entries)
        {
            output.Write(Central(name, file, checksum, offset));
            output.Write(name);
        }

        output.Write(End(entries.Count, start, (uint)output.Position - start));
        return output.ToArray();
    }

    /// <summary>The checksum that zip has, bit by bit: a hundred kilobytes, once, when everything else has failed.</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            }
        }

        return ~crc;
    }

    private static byte[] Local(byte[] name, ShimFile file, uint checksum)
    {
        byte[] header = new byte[30];
        BinaryPrimitives.WriteUInt32LittleEndian(header, LocalHeader);
        Common(header.AsSpan(4), name, file, checksum);
        return header;
    }

    private static byte[] Central(byte[] name, ShimFile file, uint checksum, uint offset)
    {
        byte[] header = new byte[46];
        BinaryPrimitives.WriteUInt32LittleEndian(header, CentralHeader);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), Version);
        Common(header.AsSpan(6), name, file, checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), offset);
        return header;
    }

    // Version, flags, method, time, day, checksum, both sizes and the length of the name; the rest is zero.
    private static void Common(Span<byte> fields, byte[] name, ShimFile file, uint checksum)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(fields, Version);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[2..], Utf8Names);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[8..], FirstDay);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[10..], checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[14..], (uint)file.Content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[18..], (uint)file.Content.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[22..], (ushort)name.Length);
    }

    private static byte[] End(int count, uint start, uint size)
    {
        byte[] record = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(record, EndOfDirectory);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(8), (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(10), (ushort)count);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12), size);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(16), start);
        return record;
    }
}
