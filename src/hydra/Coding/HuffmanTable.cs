namespace Hydra.Coding;

/// <summary>A prefix code of DEFLATE (RFC 1951, section 3.2.2), made of the lengths of its codes.</summary>
internal sealed class HuffmanTable
{
    /// <summary>More bits decide.</summary>
    public const int NeedsMore = -1;

    /// <summary>No symbol has this code.</summary>
    public const int NoSymbol = -2;

    private const int MostBits = 15;

    // Codes of so many bits, which is nearly all that occur, are found at once.
    private const int FastBits = 10;

    // Symbol and length of the code that these bits begin with; 0 where it is longer.
    private readonly ushort[] _fast = new ushort[1 << FastBits];

    // How many codes there are of each length, and the symbols in the order of their codes.
    private readonly ushort[] _counts = new ushort[MostBits + 1];
    private readonly ushort[] _symbols = new ushort[288];

    /// <summary>Makes the code.</summary>
    /// <param name="lengths">The length of each symbol's code; 0 where it has none.</param>
    /// <param name="mayLack">Whether it may be a single code of one bit, or none at all: that of distances where there are none.</param>
    /// <returns>False where these are the lengths of no code.</returns>
    public bool TryBuild(ReadOnlySpan<byte> lengths, bool mayLack)
    {
        Array.Clear(_counts);
        foreach (byte length in lengths)
        {
            _counts[length]++;
        }

        int used = lengths.Length - _counts[0];
        _counts[0] = 0;
        int left = 1;
        for (int length = 1; length <= MostBits; length++)
        {
            left = (left << 1) - _counts[length];
            if (left < 0)
            {
                return false;
            }
        }

        if (left > 0 && !(mayLack && (used == 0 || (used == 1 && _counts[1] == 1))))
        {
            return false;
        }

        Fill(lengths);
        return true;
    }

    /// <summary>Takes the next symbol.</summary>
    /// <returns>The symbol, <see cref="NeedsMore"/> or <see cref="NoSymbol"/>; nothing is taken then.</returns>
    public int Take(ref BitReader bits)
    {
        int entry = _fast[(int)bits.Bits & ((1 << FastBits) - 1)];
        int length = entry & 15;
        if (length > 0 && length <= bits.Count)
        {
            bits.Drop(length);
            return entry >> 4;
        }

        return length > 0 ? NeedsMore : TakeSlowly(ref bits);
    }

    private void Fill(ReadOnlySpan<byte> lengths)
    {
        Array.Clear(_fast);
        Span<int> places = stackalloc int[MostBits + 2];
        Span<int> codes = stackalloc int[MostBits + 2];
        for (int length = 1; length <= MostBits; length++)
        {
            places[length + 1] = places[length] + _counts[length];
            codes[length + 1] = (codes[length] + _counts[length]) << 1;
        }

        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length == 0)
            {
                continue;
            }

            _symbols[places[length]++] = (ushort)symbol;
            int code = codes[length]++;
            for (int at = Reversed(code, length); length <= FastBits && at < _fast.Length; at += 1 << length)
            {
                _fast[at] = (ushort)((symbol << 4) | length);
            }
        }
    }

    private int TakeSlowly(ref BitReader bits)
    {
        ulong rest = bits.Bits;
        int code = 0;
        int first = 0;
        int place = 0;
        for (int length = 1; length <= MostBits; length++)
        {
            if (length > bits.Count)
            {
                return NeedsMore;
            }

            code |= (int)rest & 1;
            rest >>= 1;
            int count = _counts[length];
            if (code - first < count)
            {
                bits.Drop(length);
                return _symbols[place + code - first];
            }

            place += count;
            first = (first + count) << 1;
            code <<= 1;
        }

        return NoSymbol;
    }

    // Codes come with their highest bit first.
    private static int Reversed(int code, int length)
    {
        int reversed = 0;
        for (int i = 0; i < length; i++)
        {
            reversed = (reversed << 1) | ((code >> i) & 1);
        }

        return reversed;
    }
}
