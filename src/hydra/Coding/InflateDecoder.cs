namespace Hydra.Coding;

/// <summary>
/// gzip (RFC 1952), one member behind the other, or zlib's format (RFC 1950), which HTTP calls deflate. Where a client has taken that word for DEFLATE
/// without a frame, as many have, that is taken too.
/// </summary>
/// <param name="isGzip">Whether it is gzip.</param>
internal sealed class InflateDecoder(bool isGzip) : BodyDecoder
{
    private const int HeaderCheck = 2;
    private const int Extra = 4;
    private const int Name = 8;
    private const int Comment = 16;
    private const int Reserved = 0xe0;

    private readonly Inflater _inflater = new();
    private Place _place = isGzip ? Place.Fixed : Place.Frame;

    // Of gzip's header: the flags that are to be followed; bytes of the current part that have come, and how many there will be.
    private int _flags;
    private int _count;
    private int _size;

    // Of what was decoded, and of the trailer that is compared with it.
    private uint _checksum = isGzip ? 0 : 1u;
    private uint _length;
    private ulong _trailer;

    private enum Place : byte
    {
        // gzip's header.
        Fixed,
        ExtraSize,
        Extra,
        Name,
        Comment,
        HeaderCheck,

        // zlib's header, or the beginning of DEFLATE without one.
        Frame,
        Data,
        BareData,
        Trailer,
        Done,
    }

    /// <inheritdoc/>
    public override bool IsDone => _place is Place.Done && !_inflater.HasRest;

    /// <inheritdoc/>
    public override int Window => 0;

    /// <inheritdoc/>
    public override int Decode(ReadOnlySpan<byte> source, Span<byte> target, out int written)
    {
        int before = source.Length;
        written = 0;
        while (true)
        {
            if (_place is Place.Data or Place.BareData)
            {
                int count = _inflater.Decode(ref source, target[written..]);
                Check(target.Slice(written, count));
                written += count;
                if (!_inflater.IsDone)
                {
                    return before - source.Length;
                }

                _count = 0;
                _place = _place is Place.BareData ? Place.Done : Place.Trailer;
            }
            else if (!ReadFrame(ref source))
            {
                return before - source.Length;
            }
        }
    }

    /// <inheritdoc/>
    private protected override void Release() => _inflater.Dispose();

    private static InvalidDataException Broken(string what) => new($"It is not what it is said to be: {what}.");

    private void Check(ReadOnlySpan<byte> data)
    {
        if (_place is Place.Data)
        {
            _checksum = isGzip ? Checksums.Crc32(_checksum, data) : Checksums.Adler32(_checksum, data);
            _length += (uint)data.Length;
        }
    }

    private bool ReadFrame(ref ReadOnlySpan<byte> source)
    {
        if (_place is Place.Frame)
        {
            return ReadZlibHeader(ref source);
        }

        if (_place is Place.Done && !isGzip)
        {
            return source.IsEmpty && !_inflater.HasRest ? false : throw Broken("it goes on behind its end");
        }

        if (!_inflater.TryTakeByte(ref source, out byte value))
        {
            return false;
        }

        if (_place is Place.Done)
        {
            // Another member.
            _place = Place.Fixed;
            _count = 0;
            _checksum = 0;
            _length = 0;
        }

        TakeByte(value);
        return true;
    }

    // RFC 1950, section 2.2.
    private bool ReadZlibHeader(ref ReadOnlySpan<byte> source)
    {
        if (!_inflater.TryPeek(ref source, out int both))
        {
            return false;
        }

        int method = both & 0xff;
        bool hasHeader = (method & 15) == 8 && method >> 4 <= 7 && ((method << 8) | (both >> 8)) % 31 == 0;
        if (!hasHeader)
        {
            _place = Place.BareData;
            return true;
        }

        if ((both >> 8 & 32) != 0)
        {
            throw Broken("a dictionary that nobody has agreed on");
        }

        _inflater.TryTakeByte(ref source, out _);
        _inflater.TryTakeByte(ref source, out _);
        _place = Place.Data;
        return true;
    }

    private void TakeByte(byte value)
    {
        int at = _count++;
        switch (_place)
        {
            case Place.Fixed:
                TakeFixed(at, value);
                break;
            case Place.ExtraSize:
                _size = at == 0 ? value : _size | (value << 8);
                Leave(at == 1 ? (_size > 0 ? Place.Extra : Next()) : Place.ExtraSize);
                break;
            case Place.Extra:
                Leave(at + 1 == _size ? Next() : Place.Extra);
                break;
            case Place.Name or Place.Comment:
                Leave(value == 0 ? Next() : _place);
                break;
            case Place.HeaderCheck:
                Leave(at == 1 ? Next() : Place.HeaderCheck);
                break;
            default:
                TakeTrailer(at, value);
                break;
        }
    }

    private void Leave(Place place)
    {
        if (place != _place)
        {
            _place = place;
            _count = 0;
        }

        if (place is Place.Data)
        {
            _inflater.Restart();
        }
    }

    // RFC 1952, section 2.3: identification, method, flags, then time, system and more that says nothing.
    private void TakeFixed(int at, byte value)
    {
        if ((at == 0 && value != 0x1f) || (at == 1 && value != 0x8b) || (at == 2 && value != 8) || (at == 3 && (value & Reserved) != 0))
        {
            throw Broken("a header that is not gzip's");
        }

        _flags = at == 3 ? value : _flags;
        if (at == 9)
        {
            Leave(Next());
        }
    }

    // The parts of the header that its flags name, each once.
    private Place Next()
    {
        (int flag, Place place) = (_flags & Extra) != 0 ? (Extra, Place.ExtraSize)
            : (_flags & Name) != 0 ? (Name, Place.Name)
            : (_flags & Comment) != 0 ? (Comment, Place.Comment)
            : (_flags & HeaderCheck) != 0 ? (HeaderCheck, Place.HeaderCheck)
            : (0, Place.Data);
        _flags &= ~flag;

        // A comment behind a name has the same shape: it is told by its place, and counted anew.
        _count = 0;
        return place;
    }

    // RFC 1952, section 2.3.1; RFC 1950, section 2.2, where the highest byte comes first.
    private void TakeTrailer(int at, byte value)
    {
        int size = isGzip ? 8 : 4;
        _trailer = at == 0 ? 0 : _trailer;
        _trailer |= (ulong)value << (8 * (isGzip ? at : 3 - at));
        if (at + 1 < size)
        {
            return;
        }

        ulong expected = isGzip ? _checksum | ((ulong)_length << 32) : _checksum;
        if (_trailer != expected)
        {
            throw Broken("a checksum or a length that is another");
        }

        _place = Place.Done;
    }
}
