namespace Hydra.Protocol;

/// <summary>Splits what a link has received into frames, without copying and without allocating.</summary>
internal static class FrameReader
{
    /// <summary>
    /// Takes the next frame off the front of <paramref name="buffer"/>. The buffer advances on Ok only; the payload points into it.
    /// The header is set also when it is complete and only the payload is not.
    /// </summary>
    internal static FrameReadStatus TryReadFrame(
        ref ReadOnlySpan<byte> buffer, out FrameHeader header, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        FrameReadStatus status = FrameHeader.TryRead(buffer, out header);
        if (status != FrameReadStatus.Ok)
        {
            return status;
        }

        if (buffer.Length - ProtocolLimits.HeaderSize < header.Length)
        {
            return FrameReadStatus.NeedMore;
        }

        payload = buffer.Slice(ProtocolLimits.HeaderSize, header.Length);
        buffer = buffer[(ProtocolLimits.HeaderSize + header.Length)..];
        return FrameReadStatus.Ok;
    }
}
