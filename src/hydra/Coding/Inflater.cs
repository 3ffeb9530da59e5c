namespace Hydra.Coding;

/// <summary>
/// Decodes DEFLATE (RFC 1951) as it comes. .NET's own neither says where a stream ends nor whether it has ended, and what is cut off would be taken
/// for whole.
/// </summary>
internal sealed class Inflater : IDisposable
{
    private const int EndOfBlock = 256;

    private readonly HuffmanTable _literals = new();
    private readonly HuffmanTable _distances = new();
    private readonly byte[] _lengths = new byte[320];
    private readonly InflateWindow _window = new();
    private BitReader _bits;
    private State _state;
    private bool _isLast;

    // Of a stored block what is left; of a copy its length.
    private int _rest;
    private int _distance;

    // Of a block that brings its codes: how many lengths there are of which, and how many have come.
    private int _literalCount;
    private int _distanceCount;
    private int _codeCount;
    private int _lengthCount;

    private enum State : byte
    {
        Head,
        StoredHead,
        Stored,
        CodesHead,
        CodeLengths,
        Lengths,
        Symbols,
        Copy,
        Done,
    }

    /// <summary>Whether the stream has ended.</summary>
    public bool IsDone => _state is State.Done;

    // RFC 1951, section 3.2.7.
    private static ReadOnlySpan<byte> LengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    // RFC 1951, section 3.2.5.
    private static ReadOnlySpan<ushort> LengthBases => [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static ReadOnlySpan<byte> LengthBits => [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static ReadOnlySpan<ushort> DistanceBases =>
        [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];

    private static ReadOnlySpan<byte> DistanceBits => [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

    /// <summary>Uses a byte that does not belong to a stream: of what stands before one, or behind it.</summary>
    public bool TryTakeByte(ref ReadOnlySpan<byte> source, out byte value) => _bits.TryTakeByte(ref source, out value);

    /// <summary>The next two bytes, which are not used by that.</summary>
    public bool TryPeek(ref ReadOnlySpan<byte> source, out int value)
    {
        _bits.Fill(ref source);
        value = (int)_bits.Bits & 0xffff;
        return _bits.Count >= 16;
    }

    /// <summary>Whether something waits that was taken and not used.</summary>
    public bool HasRest => _bits.Count > 0;

    /// <summary>Another stream begins. What waits belongs to it.</summary>
    public void Restart()
    {
        _state = State.Head;
        _window.Restart();
    }

    /// <summary>Decodes until the target is full, the source is empty or the stream ends.</summary>
    /// <returns>Bytes that came out.</returns>
    /// <exception cref="InvalidDataException">It is no such stream.</exception>
    public int Decode(ref ReadOnlySpan<byte> source, Span<byte> target)
    {
        int written = 0;
        bool goesOn = true;
        while (goesOn && _state is not State.Done)
        {
            _bits.Fill(ref source);
            goesOn = _state switch
            {
                State.Head => ReadHead(),
                State.StoredHead => ReadStoredHead(),
                State.Stored => CopyStored(ref source, target, ref written),
                State.CodesHead => ReadCodesHead(),
                State.CodeLengths => ReadCodeLengths(),
                State.Lengths => ReadLengths(),
                State.Copy => Copy(target, ref written),
                _ => ReadSymbols(ref source, target, ref written),
            };
        }

        _window.Remember(target[..written]);
        return written;
    }

    /// <inheritdoc/>
    public void Dispose() => _window.Dispose();

    private static InvalidDataException Broken(string what) => new($"It is not DEFLATE: {what}.");

    private bool ReadHead()
    {
        if (!_bits.TryTake(3, out int head))
        {
            return false;
        }

        _isLast = (head & 1) != 0;
        switch (head >> 1)
        {
            case 0:
                _bits.Align();
                _state = State.StoredHead;
                return true;
            case 1:
                UseFixedCodes();
                _state = State.Symbols;
                return true;
            case 2:
                _state = State.CodesHead;
                return true;
            default:
                throw Broken("a block of a kind that there is not");
        }
    }

    private bool ReadStoredHead()
    {
        if (!_bits.TryTake(32, out int both))
        {
            return false;
        }

        _rest = both & 0xffff;
        if (_rest != (~(both >> 16) & 0xffff))
        {
            throw Broken("a length that is not its complement");
        }

        _state = State.Stored;
        return true;
    }

    private bool CopyStored(ref ReadOnlySpan<byte> source, Span<byte> target, ref int written)
    {
        while (_rest > 0 && written < target.Length && _bits.TryTake(8, out int value))
        {
            target[written++] = (byte)value;
            _rest--;
        }

        // What waits comes first.
        if (_bits.Count == 0)
        {
            int count = Math.Min(_rest, Math.Min(source.Length, target.Length - written));
            source[..count].CopyTo(target[written..]);
            source = source[count..];
            written += count;
            _rest -= count;
        }

        if (_rest > 0)
        {
            return false;
        }

        EndBlock();
        return true;
    }

    private void EndBlock()
    {
        _state = _isLast ? State.Done : State.Head;
        if (_isLast)
        {
            _bits.Align();
        }
    }

    private void UseFixedCodes()
    {
        _lengths.AsSpan(0, 144).Fill(8);
        _lengths.AsSpan(144, 112).Fill(9);
        _lengths.AsSpan(256, 24).Fill(7);
        _lengths.AsSpan(280, 8).Fill(8);
        _literals.TryBuild(_lengths.AsSpan(0, 288), mayLack: false);
        _lengths.AsSpan(0, 32).Fill(5);
        _distances.TryBuild(_lengths.AsSpan(0, 32), mayLack: false);
    }

    private bool ReadCodesHead()
    {
        if (!_bits.TryTake(14, out int head))
        {
            return false;
        }

        _literalCount = (head & 31) + 257;
        _distanceCount = ((head >> 5) & 31) + 1;
        _codeCount = (head >> 10) + 4;
        if (_literalCount > 286 || _distanceCount > 30)
        {
            throw Broken("more codes than there are");
        }

        _lengthCount = 0;
        Array.Clear(_lengths);
        _state = State.CodeLengths;
        return true;
    }

    // All of them together have 57 bits, and as many wait unless the source is empty.
    private bool ReadCodeLengths()
    {
        while (_lengthCount < _codeCount)
        {
            if (!_bits.TryTake(3, out int length))
            {
                return false;
            }

            _lengths[LengthOrder[_lengthCount++]] = (byte)length;
        }

        if (!_literals.TryBuild(_lengths.AsSpan(0, 19), mayLack: false))
        {
            throw Broken("lengths of lengths that make no code");
        }

        _lengthCount = 0;
        Array.Clear(_lengths);
        _state = State.Lengths;
        return true;
    }

    // One symbol a call: with what follows it, it has 14 bits at most.
    private bool ReadLengths()
    {
        if (_lengthCount == _literalCount + _distanceCount)
        {
            return UseCodes();
        }

        BitReader before = _bits;
        int symbol = _literals.Take(ref _bits);
        if (symbol < 0)
        {
            return symbol is HuffmanTable.NeedsMore ? false : throw Broken("a length that there is not");
        }

        if (symbol < 16)
        {
            _lengths[_lengthCount++] = (byte)symbol;
            return true;
        }

        (int bits, int least) = symbol switch { 16 => (2, 3), 17 => (3, 3), _ => (7, 11) };
        if (!_bits.TryTake(bits, out int more))
        {
            _bits = before;
            return false;
        }

        int count = least + more;
        if (_lengthCount + count > _literalCount + _distanceCount || (symbol == 16 && _lengthCount == 0))
        {
            throw Broken("a repetition of what is not there");
        }

        _lengths.AsSpan(_lengthCount, count).Fill(symbol == 16 ? _lengths[_lengthCount - 1] : (byte)0);
        _lengthCount += count;
        return true;
    }

    private bool UseCodes()
    {
        ReadOnlySpan<byte> lengths = _lengths;
        if (lengths[EndOfBlock] == 0 || !_literals.TryBuild(lengths[.._literalCount], mayLack: true)
            || !_distances.TryBuild(lengths.Slice(_literalCount, _distanceCount), mayLack: true))
        {
            throw Broken("lengths that make no code");
        }

        _state = State.Symbols;
        return true;
    }

    // A symbol with all that belongs to it has 48 bits at most, and is taken as a whole or not at all.
    private bool ReadSymbols(ref ReadOnlySpan<byte> source, Span<byte> target, ref int written)
    {
        while (written < target.Length)
        {
            _bits.Fill(ref source);
            BitReader before = _bits;
            int symbol = _literals.Take(ref _bits);
            if (symbol is >= 0 and < EndOfBlock)
            {
                target[written++] = (byte)symbol;
                continue;
            }

            if (symbol is EndOfBlock)
            {
                EndBlock();
                return true;
            }

            if (symbol is HuffmanTable.NeedsMore)
            {
                return false;
            }

            if (symbol < 0 || symbol - 257 >= LengthBases.Length)
            {
                throw Broken("a symbol that there is not");
            }

            if (!TryReadCopy(symbol - 257))
            {
                _bits = before;
                return false;
            }

            if (_distance > _window.Known + written)
            {
                throw Broken("a distance to before its beginning");
            }

            _state = State.Copy;
            return true;
        }

        return false;
    }

    private bool TryReadCopy(int length)
    {
        if (!_bits.TryTake(LengthBits[length], out int more))
        {
            return false;
        }

        _rest = LengthBases[length] + more;
        int symbol = _distances.Take(ref _bits);
        if (symbol is HuffmanTable.NeedsMore)
        {
            return false;
        }

        if (symbol < 0 || symbol >= DistanceBases.Length)
        {
            throw Broken("a distance that there is not");
        }

        bool isThere = _bits.TryTake(DistanceBits[symbol], out more);
        _distance = DistanceBases[symbol] + more;
        return isThere;
    }

    private bool Copy(Span<byte> target, ref int written)
    {
        int count = Math.Min(_rest, target.Length - written);
        _rest -= count;
        _window.Copy(target, written, _distance, count);
        written += count;
        if (_rest > 0)
        {
            return false;
        }

        _state = State.Symbols;
        return true;
    }
}
