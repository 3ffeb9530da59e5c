namespace Hydra.Protocol;

/// <summary>What came of reading a frame. All but the first two close the link.</summary>
internal enum FrameReadStatus
{
    /// <summary>There is a frame.</summary>
    Ok,

    /// <summary>What there is could become a frame.</summary>
    NeedMore,

    /// <summary>The payload would be longer than <see cref="ProtocolLimits.MaxPayload"/>.</summary>
    TooLong,

    /// <summary>The type is not a <see cref="MessageType"/>.</summary>
    UnknownType,

    /// <summary>A flag bit is set that has no meaning.</summary>
    BadFlags,

    /// <summary>The bytes that must be zero are not.</summary>
    BadReserved,
}
