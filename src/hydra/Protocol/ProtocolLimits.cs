namespace Hydra.Protocol;

/// <summary>Sizes that both sides must agree on; they are part of the schema hash and stand in wire.py under the same names.</summary>
internal static class ProtocolLimits
{
    /// <summary>Bytes of a frame header.</summary>
    public const int HeaderSize = 16;

    /// <summary>The largest payload of any frame, in bytes. A longer one is a protocol error and closes the link.</summary>
    public const int MaxPayload = 256 * 1024 - HeaderSize;

    /// <summary>The most body bytes that one REQUEST, RESPONSE or BODY frame may carry.</summary>
    public const int MaxBody = 64 * 1024;

    /// <summary>The largest header block, in bytes, of a REQUEST or RESPONSE.</summary>
    public const int MaxHeaders = 128 * 1024;

    /// <summary>What a DATA frame costs of its stream's credit beside its bytes.</summary>
    public const int DataCost = 32;

    /// <summary>The largest value of shared state, in bytes.</summary>
    public const int MaxStateValue = 64 * 1024 * 1024;

    /// <summary>The most bytes of a value of shared state in one frame; the others travel in STATE_PART.</summary>
    public const int MaxStatePart = 128 * 1024;

    /// <summary>The longest name of a topic, a member, a channel or a group, in bytes.</summary>
    public const int MaxTopic = 1024;

    /// <summary>The most that may be known of a member, in bytes.</summary>
    public const int MaxMemberInfo = 16 * 1024;

    /// <summary>Bytes that an application may save of a connection.</summary>
    public const int MaxResumeState = 64 * 1024;

    /// <summary>The largest message of a topic or a channel, in bytes; where there is less memory for them, a quarter of that.</summary>
    public const int MaxTopicMessage = 16 * 1024 * 1024;

    /// <summary>The most text, in bytes, that the frames of one COLLECTED answer have together.</summary>
    public const int MaxCollected = 4 * 1024 * 1024;
}
