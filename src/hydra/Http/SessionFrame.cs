using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Hydra.Http;

/// <summary>The head of a WebSocket's frame (RFC 6455, section 5.2).</summary>
/// <param name="First">Its first byte: FIN, the reserved bits and the opcode.</param>
/// <param name="IsMasked">Whether its payload is masked, as all that a client sends has to be.</param>
/// <param name="Mask">The mask's four bytes, in their order in memory.</param>
/// <param name="Length">Bytes of the payload.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionFrame(byte First, bool IsMasked, uint Mask, long Length)
{
    /// <summary>Bytes that the payload of a control frame may have (section 5.5).</summary>
    public const int LongestControl = 125;

    /// <summary>FIN: the last frame of its message.</summary>
    public const byte Final = 0x80;

    /// <summary>RSV1: its message is compressed (RFC 7692, section 6).</summary>
    public const byte Compressed = 0x40;

    /// <summary>Opcodes.</summary>
    public const byte Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

    private const byte OtherReserved = 0x30;
    private const int LongestHead = 14;

    /// <summary>What it is.</summary>
    public byte Opcode => (byte)(First & 15);

    /// <summary>Whether it is the last of its message.</summary>
    public bool IsFinal => (First & Final) != 0;

    /// <summary>Whether it says that its message is compressed.</summary>
    public bool IsCompressed => (First & Compressed) != 0;

    /// <summary>Whether it is about the connection, and may come between the frames of a message.</summary>
    public bool IsControl => (First & 8) != 0;

    /// <summary>Takes the head of a frame.</summary>
    /// <param name="data">What has come; begins behind the head afterwards.</param>
    /// <param name="frame">The head.</param>
    /// <returns>False where it is not complete: nothing was taken.</returns>
    public static bool TryTake(ref ReadOnlySequence<byte> data, out SessionFrame frame)
    {
        ReadOnlySpan<byte> bytes = data.FirstSpan;
        if (bytes.Length < LongestHead && !data.IsSingleSegment)
        {
            Span<byte> joined = stackalloc byte[LongestHead];
            ReadOnlySequence<byte> head = data.Slice(0, Math.Min(LongestHead, data.Length));
            head.CopyTo(joined);
            return TryTake(ref data, joined[..(int)head.Length], out frame);
        }

        return TryTake(ref data, bytes, out frame);
    }

    /// <summary>Whether it keeps the rules for a frame by itself (section 5).</summary>
    /// <param name="deflates">Whether compression was agreed upon.</param>
    public bool IsValid(bool deflates)
        => IsMasked
            && (First & OtherReserved) == 0
            && (IsControl
                ? Opcode <= Pong && IsFinal && !IsCompressed && Length <= LongestControl
                : Opcode <= Binary && Length >= 0 && (!IsCompressed || (deflates && Opcode != Continuation)));

    /// <summary>Takes the mask off.</summary>
    /// <param name="data">Bytes of the payload.</param>
    /// <param name="at">How many bytes of it were before them.</param>
    public void Unmask(Span<byte> data, long at)
    {
        int turn = (int)(at & 3) * 8;
        uint mask = BitConverter.IsLittleEndian ? uint.RotateRight(Mask, turn) : uint.RotateLeft(Mask, turn);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var wide = Vector.AsVectorByte(new Vector<uint>(mask));
            for (; i <= data.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                Span<byte> part = data.Slice(i, Vector<byte>.Count);
                (new Vector<byte>(part) ^ wide).CopyTo(part);
            }
        }

        for (ReadOnlySpan<byte> key = MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in mask)); i < data.Length; i++)
        {
            data[i] ^= key[i & 3];
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> data, ReadOnlySpan<byte> bytes, out SessionFrame frame)
    {
        frame = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        long length = bytes[1] & 127;
        int extra = length switch { 126 => 2, 127 => 8, _ => 0 };
        bool isMasked = (bytes[1] & 0x80) != 0;
        int size = 2 + extra + (isMasked ? 4 : 0);
        if (bytes.Length < size)
        {
            return false;
        }

        length = extra switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            8 => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            _ => length,
        };
        frame = new SessionFrame(bytes[0], isMasked, isMasked ? MemoryMarshal.Read<uint>(bytes[(2 + extra)..]) : 0, length);
        data = data.Slice(size);
        return true;
    }
}
