namespace Hydra.Protocol.Generator;

/// <summary>Writes the text of python/hydra_worker/wire.py.</summary>
internal static class PythonEmitter
{
    public static string Emit(WireProtocol protocol)
    {
        var text = new LineWriter();
        Head(text, protocol);
        foreach (WireEnum item in protocol.Enums)
        {
            text.Line($"# {item.Name}");
            foreach (WireConstant member in item.Members)
            {
                text.Line($"{item.PythonPrefix}{PythonNames.Upper(member.Name)} = {Number(item, member)}");
            }

            text.Line();
        }

        FromWorker(text, protocol);
        Documents(text, protocol);
        Structs(text, protocol);
        Errors(text);
        foreach (WireMessage message in protocol.Messages)
        {
            new PythonMessageEmitter(text, message, protocol.MemberOf(message)).Emit();
        }

        FromFront(text, protocol);
        return text.ToString();
    }

    private static void Head(LineWriter text, WireProtocol protocol)
    {
        text.Lines(
            "\"\"\"The frames of the link protocol: constants, packers and unpackers.",
            "",
            "Generated from src/hydra/Protocol/Messages.cs and its neighbours; do not edit. After a change there run",
            "build/wire.sh, which writes this file; the build fails while it differs. docs/protocol.md explains the rules.",
            "",
            "pack_* return a whole frame. They raise WireError when the payload would be larger than MAX_PAYLOAD, and",
            "struct.error when a value does not fit its field. unpack_* take a payload without its header, return the",
            "fields in the order of declaration, and raise WireError when its lengths do not add up exactly.",
            "\"\"\"",
            "",
            "from __future__ import annotations",
            "",
            "from struct import Struct",
            "from typing import Union",
            "",
            "Buffer = Union[bytes, bytearray, memoryview]",
            "",
            $"SCHEMA_HASH = 0x{SchemaText.Hash(protocol):x16}",
            "",
            "# length of the payload, type, flags, zero, stream",
            $"HEADER = Struct(\"{HeaderFormat.Struct}\")");
        foreach (WireConstant limit in protocol.Limits)
        {
            text.Line($"{PythonNames.Upper(limit.Name)} = {limit.Value}");
        }

        text.Line();
    }

    private static string Number(WireEnum item, WireConstant member) =>
        item.Name == WireEnum.MessageTypeName ? $"0x{member.Value:x2}" : member.Value.ToString();

    private static void FromWorker(LineWriter text, WireProtocol protocol)
    {
        text.Line("# The message types that a worker may send.");
        PythonCall.Write(
            text,
            "FROM_WORKER = frozenset((",
            [
                .. protocol.Messages.Where(item => item.Direction != WireDirection.ToWorker)
                    .Select(item => PythonNames.Upper(protocol.MemberOf(item))),
            ],
            "))");
        text.Line();
    }

    private static void FromFront(LineWriter text, WireProtocol protocol)
    {
        text.Lines(
            "",
            "",
            "# What the front may send: the method that takes it, the flags that it may carry, and what takes it apart.",
            "FROM_FRONT = {");
        text.Indent();
        foreach (WireMessage message in protocol.Messages.Where(item => item.Direction != WireDirection.ToFront))
        {
            string member = protocol.MemberOf(message);
            string snake = PythonNames.Snake(member);
            text.Line($"{PythonNames.Upper(member)}: (\"on_{snake}\", {Flags(protocol, message)}, unpack_{snake}),");
        }

        text.Unindent();
        text.Line("}");
    }

    private static string Flags(WireProtocol protocol, WireMessage message) => string.Join(
        " | ",
        protocol.FrameFlags.Members
            .Where(member => (member.Value & message.Flags) != 0)
            .Select(member => protocol.FrameFlags.PythonPrefix + PythonNames.Upper(member.Name))
            .DefaultIfEmpty("0"));

    private static void Documents(LineWriter text, WireProtocol protocol)
    {
        foreach (WireDocument document in protocol.Documents)
        {
            text.Line($"# {document.Name}: its fields and their types.");
            text.Line($"{document.PythonName} = {{");
            text.Indent();
            foreach (DocumentField field in document.Fields)
            {
                text.Line($"\"{PythonNames.Snake(field.Name)}\": {field.PythonType},");
            }

            text.Unindent();
            text.Line("}");
            text.Line();
        }
    }

    private static void Structs(LineWriter text, WireProtocol protocol)
    {
        text.Line("# The fixed part of each message, and the same behind a header.");
        foreach (WireMessage message in protocol.Messages.Where(item => item.Fields.Count > 0))
        {
            string name = PythonNames.Upper(protocol.MemberOf(message));
            string codes = string.Concat(message.Fields.Select(field => field.StructCode));
            text.Line($"{name}_FIELDS = Struct(\"<{codes}\")");
            text.Line($"_{name}_FRAME = Struct(\"{HeaderFormat.Struct}{codes}\")");
        }

        text.Line();
        text.Line();
    }

    private static void Errors(LineWriter text) => text.Lines(
        "class WireError(ValueError):",
        "    \"\"\"A payload that breaks the protocol.\"\"\"",
        "",
        "",
        "def _too_long(name: str, size: int) -> WireError:",
        "    return WireError(f\"the payload of {name} would be {size} bytes, more than {MAX_PAYLOAD}\")",
        "",
        "",
        "def _malformed(name: str, size: int) -> WireError:",
        "    return WireError(f\"the lengths in {name} do not add up to its payload of {size} bytes\")");
}
