namespace Hydra.Transport;

/// <summary>
/// Follows the framing of one chunked body with its trailers (RFC 9112, section 7.1), byte for byte and strictly: sizes are hexadecimal
/// digits, lines end with CRLF, and there is no control byte but the tab in extensions and trailers. White space between a size and its
/// extension is overwritten, since Kestrel does not know it: that is to be parsed and removed (RFC 9110, section 5.6.3).
/// </summary>
internal struct ChunkFraming
{
    private enum Place : byte
    {
        // The default: the first digit of a size.
        Size,
        Digits,
        Space,
        Extension,
        SizeEnd,
        Data,
        DataReturn,
        DataEnd,
        Trailer,
        TrailerName,
        TrailerValue,
        TrailerEnd,
        LastEnd,
        Done,
    }

    // With zeros in front; what is not zero is bounded by the size.
    private const int MostDigits = 15;

    // RFC 9112, section 7.1 bounds it by nothing. Kestrel counts a chunk in 32 bits and takes more for no number at all; there is no room in what was
    // received for the framing of two smaller ones.
    private const long MostSize = int.MaxValue;

    private Place _place;
    private int _digits;
    private long _size;

    /// <summary>Whether the body and its trailers have ended.</summary>
    public readonly bool IsDone => _place is Place.Done;

    /// <summary>Whether what was refused is a chunk that is larger than the server takes, and nothing worse.</summary>
    public readonly bool IsTooLarge => _size > MostSize;

    /// <summary>Takes the next bytes, up to the end of the body.</summary>
    /// <param name="bytes">What comes next.</param>
    /// <param name="taken">How many of them belong to the body.</param>
    /// <returns>Whether they are as they should be, and no chunk is too large.</returns>
    public bool TryTake(Span<byte> bytes, out int taken)
    {
        taken = 0;
        while (taken < bytes.Length && _place is not Place.Done)
        {
            if (_place is Place.Data)
            {
                int data = (int)Math.Min(_size, bytes.Length - taken);
                taken += data;
                _size -= data;
                _place = _size == 0 ? Place.DataReturn : Place.Data;
            }
            else if (!TryTake(ref bytes[taken++]))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryTake(ref byte next)
    {
        switch (_place)
        {
            case Place.Size or Place.Digits when char.IsAsciiHexDigit((char)next):
                _size = (_size << 4) | (uint)Digit(next);
                _place = Place.Digits;
                return ++_digits <= MostDigits && _size <= MostSize;
            case Place.Digits or Place.Space when next is (byte)' ' or (byte)'\t':
                next = (byte)';';
                _place = Place.Space;
                return true;
            case Place.Digits or Place.Space when next == ';':
                _place = Place.Extension;
                return true;
            case Place.Digits or Place.Extension when next == '\r':
                _place = Place.SizeEnd;
                return true;
            case Place.Extension or Place.TrailerValue when IsText(next):
                return true;
            case Place.SizeEnd when next == '\n':
                _place = _size == 0 ? Place.Trailer : Place.Data;
                _digits = 0;
                return true;
            case Place.DataReturn when next == '\r':
                _place = Place.DataEnd;
                return true;
            case Place.DataEnd when next == '\n':
                _place = Place.Size;
                return true;
            case Place.Trailer when next == '\r':
                _place = Place.LastEnd;
                return true;
            case Place.LastEnd when next == '\n':
                _place = Place.Done;
                return true;
            case Place.Trailer or Place.TrailerName when HeadBytes.Token.Contains(next):
                _place = Place.TrailerName;
                return true;
            case Place.TrailerName when next == ':':
                _place = Place.TrailerValue;
                return true;
            case Place.TrailerValue when next == '\r':
                _place = Place.TrailerEnd;
                return true;
            case Place.TrailerEnd when next == '\n':
                _place = Place.Trailer;
                return true;
            default:
                return false;
        }
    }

    private static int Digit(byte hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;

    private static bool IsText(byte next) => next is >= 0x20 and not 0x7f or (byte)'\t';
}
