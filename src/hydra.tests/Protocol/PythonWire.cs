using System.Diagnostics;
using System.Text.Json.Nodes;
using Hydra.Protocol;

namespace Hydra.Tests.Protocol;

/// <summary>
/// A Python process that has imported wire.py and answers questions about it, one line of JSON each. The module's text is
/// the generator's, which the build has compared with python/hydra_worker/wire.py.
/// </summary>
public sealed class PythonWire : IDisposable
{
    private const string Script = """
        import json
        import sys

        sys.path.insert(0, sys.argv[1])
        import wire


        def plain(value):
            if isinstance(value, (dict, set, frozenset)):
                return sorted(value)
            return value.hex() if isinstance(value, bytes) else value


        def answer(question):
            name = question["name"]
            if "fields" in question:
                fields = [bytes.fromhex(field) if isinstance(field, str) else field for field in question["fields"]]
                return getattr(wire, "pack_" + name)(question["stream"], question["flags"], *fields).hex()
            if "payload" in question:
                payload = bytes.fromhex(question["payload"])
                try:
                    values = getattr(wire, "unpack_" + name)(payload)
                except wire.WireError:
                    return None
                assert values == getattr(wire, "unpack_" + name)(memoryview(payload))
                return [plain(value) for value in values]
            return plain(getattr(wire, name))


        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line))), flush=True)
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-wire-");
    private readonly Process _process;

    public PythonWire()
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "wire.py"), WireSchema.PythonModule);
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "python" : "python3")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "-I", "-B", "-c", Script, _directory.FullName },
        };
        _process = Process.Start(start)!;
    }

    /// <summary>Asks pack_… for a frame.</summary>
    internal byte[] Pack(MessageType type, FrameFlags flags, ulong stream, object[] values)
    {
        var fields = new JsonArray([.. values.Select(value =>
            value is byte[] bytes ? JsonValue.Create(Convert.ToHexString(bytes)) : JsonValue.Create((ulong)value))]);
        JsonNode? frame = Ask(new() { ["name"] = Name(type), ["flags"] = (int)flags, ["stream"] = stream, ["fields"] = fields });
        return Convert.FromHexString(frame!.GetValue<string>());
    }

    /// <summary>Asks unpack_… for the fields; null when it raises WireError.</summary>
    internal object[]? Unpack(MessageType type, ReadOnlySpan<byte> payload)
    {
        JsonNode? fields = Ask(new() { ["name"] = Name(type), ["payload"] = Convert.ToHexString(payload) });
        return fields?.AsArray().Select(field => field!.GetValueKind() == System.Text.Json.JsonValueKind.String
            ? (object)Convert.FromHexString(field.GetValue<string>())
            : field.GetValue<ulong>()).ToArray();
    }

    /// <summary>Asks for a constant of the module.</summary>
    internal JsonNode Constant(string name) => Ask(new() { ["name"] = name })!;

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static string Name(MessageType type) => string.Concat(type.ToString().Select(static (letter, i) =>
        i > 0 && char.IsUpper(letter) ? "_" + char.ToLowerInvariant(letter) : char.ToLowerInvariant(letter).ToString()));

    private JsonNode? Ask(JsonObject question)
    {
        _process.StandardInput.WriteLine(question.ToJsonString());
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("The Python process ended; its traceback is on standard error.");
        return JsonNode.Parse(line);
    }
}
