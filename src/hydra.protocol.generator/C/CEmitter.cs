namespace Hydra.Protocol.Generator;

/// <summary>Writes the text of python/speedups/wire.h: constants only, no code.</summary>
internal static class CEmitter
{
    public static string Emit(WireProtocol protocol)
    {
        var text = new LineWriter();
        Head(text, protocol);
        foreach (WireEnum item in protocol.Enums)
        {
            text.Line($"/* {item.Name} */");
            foreach (WireConstant member in item.Members)
            {
                string value = item.Name == WireEnum.MessageTypeName ? $"0x{member.Value:x2}" : member.Value.ToString();
                Define(text, CNames.Of(item, member), value);
            }

            text.Line();
        }

        foreach (WireMessage message in protocol.Messages)
        {
            Message(text, message, CNames.Of(protocol, message));
        }

        text.Line("#endif");
        return text.ToString();
    }

    private static void Head(LineWriter text, WireProtocol protocol)
    {
        text.Lines(
            "/*",
            " * The frames of the link protocol: numbers and offsets.",
            " *",
            " * Generated from src/hydra/Protocol/Messages.cs and its neighbours; do not edit. After a change there run",
            " * build/wire.sh, which writes this file; the build fails while it differs. docs/protocol.md explains the rules.",
            " *",
            " * Of each message: _FLAGS are all flags that its frames may carry, _FIXED is how many bytes its fixed part has, and",
            " * each field's name is its offset there, with _SIZE where what stands there is the length of variable bytes. A",
            " * message without fields is bytes alone.",
            " */",
            $"#ifndef {CNames.Guard}",
            $"#define {CNames.Guard}",
            "");
        Define(text, CNames.SchemaHash, $"0x{SchemaText.Hash(protocol):x16}ULL");
        foreach (WireConstant limit in protocol.Limits)
        {
            Define(text, CNames.Of(limit), limit.Value.ToString());
        }

        text.Line();
    }

    private static void Message(LineWriter text, WireMessage message, string name)
    {
        text.Line($"/* {message.Name} */");
        Define(text, name + CNames.Flags, message.Flags.ToString());
        Define(text, name + CNames.Fixed, message.FixedSize.ToString());
        int offset = 0;
        foreach (WireField field in message.Fields)
        {
            Define(text, CNames.Of(name, field), offset.ToString());
            offset += field.FixedBytes;
        }

        text.Line();
    }

    private static void Define(LineWriter text, string name, string value) => text.Line($"#define {name} {value}");
}
