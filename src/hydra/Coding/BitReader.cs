namespace Hydra.Coding;

/// <summary>The bits of DEFLATE (RFC 1951, section 3.1.1): from the lowest of each byte on. What was taken from the source and not used waits here.</summary>
internal struct BitReader
{
    private ulong _bits;

    /// <summary>Bits that wait.</summary>
    public int Count { get; private set; }

    /// <summary>The bits that wait, the first one lowest; what lies above <see cref="Count"/> of them is 0.</summary>
    public readonly ulong Bits => _bits;

    /// <summary>Takes bytes until 57 bits wait, or the source is empty.</summary>
    public void Fill(ref ReadOnlySpan<byte> source)
    {
        int taken = 0;
        while (Count <= 56 && taken < source.Length)
        {
            _bits |= (ulong)source[taken++] << Count;
            Count += 8;
        }

        source = source[taken..];
    }

    /// <summary>Uses bits that wait.</summary>
    public void Drop(int count)
    {
        _bits >>= count;
        Count -= count;
    }

    /// <summary>Uses bits that are a number.</summary>
    /// <returns>False where not as many wait.</returns>
    public bool TryTake(int count, out int value)
    {
        value = (int)(_bits & ((1UL << count) - 1));
        if (Count < count)
        {
            return false;
        }

        Drop(count);
        return true;
    }

    /// <summary>Uses what is left of a byte.</summary>
    public void Align() => Drop(Count & 7);

    /// <summary>Uses a byte, which waits or is the source's next.</summary>
    /// <returns>False where there is none.</returns>
    public bool TryTakeByte(ref ReadOnlySpan<byte> source, out byte value)
    {
        Fill(ref source);
        bool isThere = TryTake(8, out int taken);
        value = (byte)taken;
        return isThere;
    }
}
