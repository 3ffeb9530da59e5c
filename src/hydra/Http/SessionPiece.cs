using System.Runtime.InteropServices;
using Hydra.Protocol;
using Hydra.Topics;

namespace Hydra.Http;

/// <summary>Something that waits to be sent to the client of a session.</summary>
/// <param name="Buffer">What the application has sent, in a buffer of the pool.</param>
/// <param name="Length">How much of that it is.</param>
/// <param name="Marks">Its flags; <see cref="FrameFlags.End"/> for a close.</param>
/// <param name="Code">The code of a close.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionPiece(byte[] Buffer, int Length, FrameFlags Marks, ushort Code)
{
    /// <summary>Of a topic, in the place of the bytes; null where it is the application's.</summary>
    public Subscription? Subscription { get; init; }

    /// <inheritdoc cref="Subscription"/>
    public TopicMessage? Message { get; init; }

    /// <summary>Whether it is a close.</summary>
    public bool IsClose => Marks is FrameFlags.End;

    /// <summary>What the application has sent.</summary>
    public ReadOnlyMemory<byte> Data => Buffer.AsMemory(0, Length);
}
