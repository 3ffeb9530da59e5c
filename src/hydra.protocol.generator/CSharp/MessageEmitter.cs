using Microsoft.CodeAnalysis.CSharp;

namespace Hydra.Protocol.Generator;

/// <summary>Writes the reader and the writers of one message.</summary>
internal static class MessageEmitter
{
    public static string Emit(WireMessage message, string member)
    {
        var text = new LineWriter();
        SchemaEmitter.Head(text);
        text.Lines("using System.Buffers;", "using System.Buffers.Binary;", "", $"namespace {WireParser.Namespace};", "");
        text.Open($"readonly ref partial struct {message.Name}");
        text.Line("/// <summary>The type byte of the message's frames.</summary>");
        text.Line($"internal const MessageType Type = MessageType.{member};");
        if (message.Fields.Count > 0)
        {
            text.Line();
            Sizes(text, message);
            TryRead(text, message);
            Write(text, message);
            WriteFrame(text, message);
            WriteFixed(text, message);
        }

        text.Close();
        return text.ToString();
    }

    private static void Sizes(LineWriter text, WireMessage message)
    {
        string sum = string.Concat(message.BytesFields.Select(field => $" + {field.Name}.Length"));
        text.Line("/// <summary>Bytes of the fixed part: the fixed fields, and the lengths of the variable ones.</summary>");
        text.Line($"internal const int FixedSize = {message.FixedSize};");
        text.Line();
        text.Line("/// <summary>Bytes of the whole payload.</summary>");
        text.Line($"internal int PayloadSize => checked(FixedSize{sum});");
        text.Line();
    }

    private static void TryRead(LineWriter text, WireMessage message)
    {
        text.Line("/// <summary>Reads a payload; false unless its lengths add up exactly. The spans point into the payload.</summary>");
        text.Open($"internal static bool TryRead(ReadOnlySpan<byte> payload, out {message.Name} message)");
        if (message.BytesFields.Any())
        {
            Fail(text, "payload.Length < FixedSize");
            Lengths(text, message);
        }
        else
        {
            Fail(text, "payload.Length != FixedSize");
        }

        text.Open($"message = new {message.Name}");
        string start = "FixedSize";
        int offset = 0;
        foreach (WireField field in message.Fields)
        {
            text.Line($"{field.Name} = {(field.IsBytes ? $"payload.Slice({start}, (int){LengthName(field)})" : Read(field, offset))},");
            offset += field.FixedBytes;
            start = field.IsBytes ? EndName(field) : start;
        }

        text.Close(";");
        text.Line("return true;");
        text.Close();
        text.Line();
    }

    /// <summary>Reads the lengths into 64-bit numbers: with 32-bit ones a sum could wrap around to the right value.</summary>
    private static void Lengths(LineWriter text, WireMessage message)
    {
        int offset = 0;
        foreach (WireField field in message.Fields)
        {
            if (field.IsBytes)
            {
                text.Line($"long {LengthName(field)} = {Read(field, offset)};");
            }

            offset += field.FixedBytes;
        }

        WireField[] fields = [.. message.BytesFields];
        Fail(text, $"FixedSize + {string.Join(" + ", fields.Select(LengthName))} != payload.Length");
        string start = "FixedSize";
        foreach (WireField field in fields.Take(fields.Length - 1))
        {
            text.Line($"int {EndName(field)} = {start} + (int){LengthName(field)};");
            start = EndName(field);
        }
    }

    private static void Fail(LineWriter text, string condition)
    {
        text.Open($"if ({condition})");
        text.Lines("message = default;", "return false;");
        text.Close();
        text.Line();
    }

    private static void Write(LineWriter text, WireMessage message)
    {
        string arguments = string.Concat(message.Fields.Select(field => ", " + field.Name + (field.IsBytes ? ".Length" : "")));
        text.Line("/// <summary>Writes the payload: exactly <see cref=\"PayloadSize\"/> bytes.</summary>");
        text.Line("/// <exception cref=\"ArgumentException\">Too long for the wire, or for the destination.</exception>");
        text.Open("internal void Write(Span<byte> payload)");
        if (message.BytesFields.Any())
        {
            text.Line("ThrowIfTooLong();");
        }

        text.Line($"WriteFixed(payload{arguments});");
        if (message.BytesFields.Any())
        {
            text.Line("payload = payload.Slice(FixedSize);");
        }

        WireField[] fields = [.. message.BytesFields];
        for (int i = 0; i < fields.Length; i++)
        {
            text.Line($"{fields[i].Name}.CopyTo(payload);");
            if (i < fields.Length - 1)
            {
                text.Line($"payload = payload.Slice({fields[i].Name}.Length);");
            }
        }

        text.Close();
        text.Line();
        if (fields.Length > 0)
        {
            ThrowIfTooLong(text, message);
        }
    }

    private static void ThrowIfTooLong(LineWriter text, WireMessage message)
    {
        string sum = string.Concat(message.BytesFields.Select(field => $" + {field.Name}.Length"));
        text.Open("private void ThrowIfTooLong()");
        text.Line($"long size = (long)FixedSize{sum};");
        text.Open("if (size > ProtocolLimits.MaxPayload)");
        text.Line($"WireSchema.ThrowPayloadTooLong(nameof({message.Name}), size);");
        text.Close();
        text.Close();
        text.Line();
    }

    private static void WriteFrame(LineWriter text, WireMessage message)
    {
        text.Line("/// <summary>Writes header and payload.</summary>");
        text.Line("/// <exception cref=\"ArgumentException\">A field or the payload is too long.</exception>");
        text.Open("internal void WriteFrame(IBufferWriter<byte> output, FrameFlags flags, ulong stream)");
        if (message.BytesFields.Any())
        {
            text.Line("ThrowIfTooLong();");
        }

        text.Line("int size = PayloadSize;");
        text.Line("Span<byte> frame = output.GetSpan(ProtocolLimits.HeaderSize + size);");
        text.Line("new FrameHeader(size, Type, flags, stream).Write(frame);");
        text.Line("Write(frame.Slice(ProtocolLimits.HeaderSize, size));");
        text.Line("output.Advance(ProtocolLimits.HeaderSize + size);");
        text.Close();
        text.Line();
    }

    private static void WriteFixed(LineWriter text, WireMessage message)
    {
        IEnumerable<string> parameters = message.Fields.Select(field =>
            field.IsBytes ? "int " + LengthName(field) : $"{field.FixedType} {ParameterName(field)}");
        text.Line("/// <summary>Writes the fixed part only; the caller puts the variable bytes behind it, in order.</summary>");
        text.Line("/// <exception cref=\"ArgumentException\">Too long for the wire, or for the destination.</exception>");
        text.Open($"internal static void WriteFixed(Span<byte> destination, {string.Join(", ", parameters)})");
        foreach (WireField field in message.BytesFields)
        {
            string most = field.Kind switch
            {
                FieldKind.Bytes8 => "byte.MaxValue",
                FieldKind.Bytes16 => "ushort.MaxValue",
                _ => "ProtocolLimits.MaxPayload",
            };
            text.Open($"if ((uint){LengthName(field)} > {most})");
            text.Line($"WireSchema.ThrowFieldTooLong(\"{message.Name}.{field.Name}\", {LengthName(field)});");
            text.Close();
            text.Line();
        }

        text.Open("if (destination.Length < FixedSize)");
        text.Line("throw new ArgumentException(\"The destination is too short.\", nameof(destination));");
        text.Close();
        text.Line();
        int offset = 0;
        foreach (WireField field in message.Fields)
        {
            string value = field.IsBytes ? $"({field.FixedType}){LengthName(field)}" : ParameterName(field);
            text.Line(field.FixedBytes == 1
                ? $"destination[{offset}] = {value};"
                : $"BinaryPrimitives.Write{BinaryName(field)}LittleEndian(destination.Slice({offset}), {value});");
            offset += field.FixedBytes;
        }

        text.Close();
    }

    private static string Read(WireField field, int offset) => field.FixedBytes == 1
        ? $"payload[{offset}]"
        : $"BinaryPrimitives.Read{BinaryName(field)}LittleEndian(payload.Slice({offset}))";

    private static string BinaryName(WireField field) =>
        field.FixedBytes switch { 2 => "UInt16", 4 => "UInt32", _ => "UInt64" };

    private static string LengthName(WireField field) => Camel(field.Name) + "Length";

    private static string EndName(WireField field) => Camel(field.Name) + "End";

    private static string ParameterName(WireField field)
    {
        string name = Camel(field.Name);
        return SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
    }

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name.Substring(1);
}
