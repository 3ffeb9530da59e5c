using System.Buffers.Binary;

namespace Hydra.Protocol;

/// <summary>The 16 bytes before each payload; docs/protocol.md has the table.</summary>
/// <param name="Length">Bytes of the payload.</param>
/// <param name="Type">What the payload is.</param>
/// <param name="Flags">The flag bits.</param>
/// <param name="Stream">The stream, or 0 on a frame about the link itself.</param>
internal readonly record struct FrameHeader(int Length, MessageType Type, FrameFlags Flags, ulong Stream)
{
    private const int TypeOffset = 4;
    private const int FlagsOffset = 5;
    private const int ReservedOffset = 6;
    internal const int StreamOffset = 8;

    /// <summary>Reads and validates the header at the start of <paramref name="buffer"/>; it is set on Ok only.</summary>
    internal static FrameReadStatus TryRead(ReadOnlySpan<byte> buffer, out FrameHeader header)
    {
        header = default;
        if (buffer.Length < ProtocolLimits.HeaderSize)
        {
            return FrameReadStatus.NeedMore;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(buffer);
        var type = (MessageType)buffer[TypeOffset];
        var flags = (FrameFlags)buffer[FlagsOffset];
        if (length > ProtocolLimits.MaxPayload)
        {
            return FrameReadStatus.TooLong;
        }

        if (!WireSchema.IsKnown(type))
        {
            return FrameReadStatus.UnknownType;
        }

        if ((flags & ~WireSchema.KnownFlags) != 0)
        {
            return FrameReadStatus.BadFlags;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(buffer[ReservedOffset..]) != 0)
        {
            return FrameReadStatus.BadReserved;
        }

        header = new((int)length, type, flags, BinaryPrimitives.ReadUInt64LittleEndian(buffer[StreamOffset..]));
        return FrameReadStatus.Ok;
    }

    /// <summary>Writes the header into the first 16 bytes of <paramref name="destination"/>.</summary>
    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination[StreamOffset..], Stream);
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)Length);
        destination[TypeOffset] = (byte)Type;
        destination[FlagsOffset] = (byte)Flags;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[ReservedOffset..], 0);
    }
}
