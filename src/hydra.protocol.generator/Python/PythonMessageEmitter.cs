namespace Hydra.Protocol.Generator;

/// <summary>Writes pack_… and unpack_… of one message.</summary>
internal sealed class PythonMessageEmitter(LineWriter text, WireMessage message, string member)
{
    private readonly string _type = PythonNames.Upper(member);
    private readonly string _function = PythonNames.Snake(member);
    private readonly string[] _variable = [.. message.BytesFields.Select(field => PythonNames.Parameter(field.Name))];

    public void Emit()
    {
        if (message.Fields.Count == 0)
        {
            PackRaw();
            UnpackRaw();
            return;
        }

        Pack();
        if (_variable.Length == 0)
        {
            UnpackFixed();
        }
        else
        {
            UnpackVariable();
        }
    }

    private void PackRaw()
    {
        Define($"def pack_{_function}(", ["stream: int", "flags: int", "data: Buffer"], ") -> bytes:");
        text.Line("size = len(data)");
        RaiseIfTooLong();
        text.Line($"return HEADER.pack(size, {_type}, flags, 0, stream) + data");
        text.Unindent();
    }

    private void UnpackRaw()
    {
        DefineUnpack("bytes");
        text.Line("if len(payload) > MAX_BODY:");
        text.Line($"    raise WireError(\"a {_type} frame is too long\")");
        text.Line("return (bytes(payload),)");
        text.Unindent();
    }

    private void Pack()
    {
        IEnumerable<string> parameters = message.Fields.Select(field =>
            PythonNames.Parameter(field.Name) + (field.IsBytes ? ": Buffer" : ": int"));
        Define($"def pack_{_function}(", ["stream: int", "flags: int", .. parameters], ") -> bytes:");
        string[] values =
        [
            _variable.Length == 0 ? message.FixedSize.ToString() : "size", _type, "flags", "0", "stream",
            .. message.Fields.Select(field => PythonNames.Parameter(field.Name) is var name && field.IsBytes ? $"len({name})" : name),
        ];
        if (_variable.Length == 0)
        {
            PythonCall.Write(text, $"return _{_type}_FRAME.pack(", values, ")");
        }
        else
        {
            text.Line($"size = {message.FixedSize}{string.Concat(_variable.Select(name => $" + len({name})"))}");
            RaiseIfTooLong();
            PythonCall.Write(text, $"head = _{_type}_FRAME.pack(", values, ")");
            PythonCall.Write(text, "return b\"\".join((", ["head", .. _variable], "))");
        }

        text.Unindent();
    }

    private void UnpackFixed()
    {
        DefineUnpack();
        text.Line($"if len(payload) != {message.FixedSize}:");
        text.Line($"    raise _malformed(\"{_type}\", len(payload))");
        text.Line($"return {_type}_FIELDS.unpack(payload)");
        text.Unindent();
    }

    private void UnpackVariable()
    {
        DefineUnpack();
        text.Line("size = len(payload)");
        text.Line($"if size < {message.FixedSize}:");
        text.Line($"    raise _malformed(\"{_type}\", size)");
        var targets = new List<string>();
        var results = new List<string>();
        var ends = new List<string>();
        string start = message.FixedSize.ToString();
        foreach (WireField field in message.Fields)
        {
            if (!field.IsBytes)
            {
                targets.Add(PythonNames.Parameter(field.Name));
                results.Add(PythonNames.Parameter(field.Name));
                continue;
            }

            int number = ends.Count + 1;
            targets.Add($"size{number}");
            ends.Add($"end{number} = {start} + size{number}");
            results.Add($"bytes(payload[{start}:end{number}])");
            start = $"end{number}";
        }

        string comma = targets.Count == 1 ? "," : "";
        PythonCall.WriteAssignment(text, string.Join(", ", targets) + comma, $"{_type}_FIELDS.unpack_from(payload)");
        foreach (string end in ends)
        {
            text.Line(end);
        }

        text.Line($"if {start} != size:");
        text.Line($"    raise _malformed(\"{_type}\", size)");
        if (results.Count == 1)
        {
            text.Line($"return ({results[0]},)");
        }
        else
        {
            PythonCall.WriteTuple(text, "return ", results);
        }

        text.Unindent();
    }

    private void DefineUnpack() => DefineUnpack([.. message.Fields.Select(field => field.IsBytes ? "bytes" : "int")]);

    private void DefineUnpack(params string[] types) =>
        Define($"def unpack_{_function}(", ["payload: Buffer"], $") -> tuple[{string.Join(", ", types)}]:");

    private void Define(string head, string[] parameters, string tail)
    {
        text.Line();
        text.Line();
        PythonCall.Write(text, head, parameters, tail);
        text.Indent();
    }

    private void RaiseIfTooLong()
    {
        text.Line("if size > MAX_PAYLOAD:");
        text.Line($"    raise _too_long(\"{_type}\", size)");
    }
}
