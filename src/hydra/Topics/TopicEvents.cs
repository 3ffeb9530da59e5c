using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hydra.Protocol;

namespace Hydra.Topics;

/// <summary>What is said of those who are in a topic.</summary>
internal static class TopicEvents
{
    // It is for JSON.parse(), not for a page.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>That somebody has come or left, in JSON: <c>{"event":"join","topic":"room","member":"alice","info":…}</c>.</summary>
    public static byte[] Write(TopicKind kind, byte[] topic, TopicMember member)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("event"u8, kind is TopicKind.Join ? "join"u8 : "leave"u8);
            json.WriteString("topic"u8, topic);
            json.WriteString("member"u8, member.Name);
            json.WritePropertyName("info"u8);
            json.WriteRawValue(member.Info.Length > 0 ? member.Info : "null"u8, skipInputValidation: true);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>All who are there, for PRESENCE: of each the lengths of name (u16) and info (u32), its subscriptions (u32), name and info.</summary>
    public static byte[] List(Topic topic)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (TopicMember member in topic.Members?.Values ?? Enumerable.Empty<TopicMember>())
        {
            Span<byte> head = buffer.GetSpan(10);
            BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)member.Name.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[2..], member.Info.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[6..], member.Count);
            buffer.Advance(10);
            buffer.Write(member.Name);
            buffer.Write(member.Info);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
