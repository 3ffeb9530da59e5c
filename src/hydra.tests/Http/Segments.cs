using System.Buffers;

namespace Hydra.Tests.Http;

/// <summary>Sequences of several segments, as pipes give them.</summary>
internal static class Segments
{
    /// <summary>A segment for each array.</summary>
    public static ReadOnlySequence<byte> Of(params byte[][] parts)
    {
        if (parts.Length == 0)
        {
            return default;
        }

        var first = new Segment(parts[0], 0);
        Segment last = first;
        foreach (byte[] part in parts.Skip(1))
        {
            last = last.Append(part);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>Cuts bytes where the generator says.</summary>
    public static ReadOnlySequence<byte> Cut(byte[] data, Random random)
    {
        List<byte[]> parts = [];
        for (int at = 0; at < data.Length;)
        {
            int size = Math.Min(data.Length - at, random.Next(1, 1 + data.Length));
            parts.Add(data[at..(at + size)]);
            at += size;
        }

        return Of([.. parts]);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] data, long before)
        {
            Memory = data;
            RunningIndex = before;
        }

        public Segment Append(byte[] data)
        {
            var next = new Segment(data, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
