using System.Buffers;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>Bytes in pooled arrays of 64 KiB, below the large object heap's threshold: each but the last one is full. Not safe for threads.</summary>
internal sealed class BodyChunks
{
    /// <summary>Bytes of a chunk: as many as one BODY frame carries.</summary>
    public const int ChunkSize = ProtocolLimits.MaxBody;

    private readonly List<byte[]> _chunks = [];

    /// <summary>Bytes in all chunks.</summary>
    public long Length { get; private set; }

    /// <summary>Adds bytes at the end.</summary>
    public void Append(in ReadOnlySequence<byte> data)
    {
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            Append(segment.Span);
        }
    }

    /// <summary>The bytes from a position on, up to a limit or the end of their chunk.</summary>
    /// <param name="position">Below <see cref="Length"/>.</param>
    /// <param name="limit">The most that is wanted.</param>
    public ReadOnlyMemory<byte> PieceAt(long position, int limit)
    {
        int offset = (int)(position % ChunkSize);
        int size = (int)Math.Min(Math.Min(limit, ChunkSize - offset), Length - position);
        return _chunks[(int)(position / ChunkSize)].AsMemory(offset, size);
    }

    /// <summary>Gives all arrays back. Nobody may hold on to their memory.</summary>
    public void Clear()
    {
        foreach (byte[] chunk in _chunks)
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        _chunks.Clear();
        Length = 0;
    }

    private void Append(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            int offset = (int)(Length % ChunkSize);
            if (offset == 0)
            {
                _chunks.Add(ArrayPool<byte>.Shared.Rent(ChunkSize));
            }

            int size = Math.Min(data.Length, ChunkSize - offset);
            data[..size].CopyTo(_chunks[^1].AsSpan(offset));
            data = data[size..];
            Length += size;
        }
    }
}
