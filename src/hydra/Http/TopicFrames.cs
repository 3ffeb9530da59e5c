using System.Buffers;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Topics;

namespace Hydra.Http;

/// <summary>Messages of topics as clients get them. Each is made once, for all of them.</summary>
internal static class TopicFrames
{
    /// <summary>A whole message of a WebSocket, with its head (RFC 6455, section 5.2).</summary>
    /// <param name="message">The message.</param>
    /// <param name="deflates">Whether it may be compressed.</param>
    public static byte[] FrameOf(TopicMessage message, bool deflates)
        => deflates && message.Data.Length >= SessionOutput.LeastCompressed
            ? message.FormOf(TopicForm.DeflatedFrame, static message => Deflate(message))
            : message.FormOf(TopicForm.Frame, static message => Frame(FirstByte(message), message.Data));

    /// <summary>
    /// What an event stream has of it: text is an event (HTML, "Server-sent events"), who comes and leaves one with a name; bytes are as they are.
    /// </summary>
    public static byte[] EventOf(TopicMessage message)
        => message.Kind is TopicKind.Binary ? message.Data : message.FormOf(TopicForm.Event, static message => Event(message));

    private static byte FirstByte(TopicMessage message)
        => (byte)(SessionFrame.Final | (message.Kind is TopicKind.Binary ? SessionFrame.Binary : SessionFrame.Text));

    private static byte[] Frame(byte first, ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[SessionWire.LongestHead];
        int size = SessionWire.WriteHead(head, first, data.Length);
        byte[] frame = GC.AllocateUninitializedArray<byte>(size + data.Length);
        head[..size].CopyTo(frame);
        data.CopyTo(frame.AsSpan(size));
        return frame;
    }

    private static byte[] Deflate(TopicMessage message)
    {
        byte[] buffer = MessageDeflate.Compress(message.Data, isLast: true, out int length);
        try
        {
            return length < message.Data.Length
                ? Frame((byte)(FirstByte(message) | SessionFrame.Compressed), buffer.AsSpan(0, length))
                : Frame(FirstByte(message), message.Data);
        }
        finally
        {
            BufferPool.Return(buffer);
        }
    }

    private static byte[] Event(TopicMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(message.Data.Length + 32);
        if (message.IsEvent)
        {
            buffer.Write(message.Kind is TopicKind.Join ? "event: join\n"u8 : "event: leave\n"u8);
        }

        ReadOnlySpan<byte> rest = message.Data;
        while (true)
        {
            int end = rest.IndexOfAny((byte)'\r', (byte)'\n');
            buffer.Write("data: "u8);
            buffer.Write(end < 0 ? rest : rest[..end]);
            buffer.Write("\n"u8);
            if (end < 0)
            {
                break;
            }

            bool isPair = rest[end] == '\r' && end + 1 < rest.Length && rest[end + 1] == '\n';
            rest = rest[(end + (isPair ? 2 : 1))..];
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
