using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Hydra.Http;

/// <summary>Whether text that comes in pieces is UTF-8 (RFC 3629), wherever it is cut. A mutable struct: not to be copied.</summary>
internal struct Utf8Check
{
    // The longest character but its last byte.
    private const int MostKept = 3;

    // The bytes of a character that is not complete, the first in the lowest byte.
    private uint _kept;
    private int _count;

    /// <summary>Looks at the next piece.</summary>
    /// <returns>False where it is not UTF-8, whatever follows.</returns>
    public bool Add(ReadOnlySpan<byte> data)
    {
        if (_count > 0 && !TryComplete(ref data))
        {
            return false;
        }

        if (Utf8.IsValid(data))
        {
            return true;
        }

        if (Rune.DecodeLastFromUtf8(data, out _, out int cut) is not OperationStatus.NeedMoreData || cut > MostKept)
        {
            return false;
        }

        foreach (byte b in data[^cut..])
        {
            Keep(b);
        }

        return Utf8.IsValid(data[..^cut]);
    }

    /// <summary>The text is over; the next piece begins another.</summary>
    /// <returns>False where it ends within a character.</returns>
    public bool End()
    {
        bool isWhole = _count == 0;
        _count = 0;
        _kept = 0;
        return isWhole;
    }

    private void Keep(byte b) => _kept |= (uint)b << (8 * _count++);

    private bool TryComplete(ref ReadOnlySpan<byte> data)
    {
        Span<byte> character = stackalloc byte[MostKept + 1];
        while (!data.IsEmpty)
        {
            Keep(data[0]);
            data = data[1..];
            BinaryPrimitives.WriteUInt32LittleEndian(character, _kept);
            OperationStatus status = Rune.DecodeFromUtf8(character[.._count], out _, out _);
            if (status is not OperationStatus.NeedMoreData)
            {
                _count = 0;
                _kept = 0;
                return status is OperationStatus.Done;
            }
        }

        return true;
    }
}
