using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Hydra.Http;

/// <summary>How a session ends from its client's side.</summary>
/// <param name="Code">The close code (RFC 6455, section 7.4): what the client has said, or why it is not heard any more; 0 as long as it goes on.</param>
/// <param name="Reason">What the client has said besides, in UTF-8.</param>
/// <param name="IsClose">Whether it is the client who has closed.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionEnd(ushort Code, ReadOnlyMemory<byte> Reason = default, bool IsClose = false)
{
    /// <summary>A close without a code. Cannot be sent, as the next.</summary>
    public const ushort NoCode = 1005;

    /// <summary>No close at all: the client has left.</summary>
    public const ushort Lost = 1006;

    /// <summary>Codes that the front finds by itself.</summary>
    public const ushort ProtocolError = 1002, InvalidPayload = 1007, PolicyViolation = 1008, MessageTooBig = 1009, InternalError = 1011, ServiceRestart = 1012, TryAgainLater = 1013;

    /// <summary>Whether it has come to that.</summary>
    public bool HasCome => Code != 0;

    /// <summary>
    /// Whether a code may be in a close (section 7.4, and the registry that it has set up): not those that stand for a close without one, and
    /// none that nobody has given a meaning.
    /// </summary>
    public static bool IsSendable(ushort code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);

    /// <summary>What a client's close says (section 5.5.1).</summary>
    /// <param name="payload">What it carries, at most 125 bytes.</param>
    public static SessionEnd Of(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return new SessionEnd(NoCode, default, IsClose: true);
        }

        byte[] bytes = payload.ToArray();
        if (bytes.Length == 1 || !IsSendable(BinaryPrimitives.ReadUInt16BigEndian(bytes)))
        {
            return new SessionEnd(ProtocolError);
        }

        ReadOnlyMemory<byte> reason = bytes.AsMemory(2);
        return Utf8.IsValid(reason.Span) ? new SessionEnd(BinaryPrimitives.ReadUInt16BigEndian(bytes), reason, IsClose: true) : new SessionEnd(InvalidPayload);
    }

    /// <summary>Whether an exception only says that the connection is gone.</summary>
    public static bool IsOver(Exception e) => e is IOException or OperationCanceledException or InvalidOperationException;
}
