using Xunit;

namespace Hydra.Protocol.Generator.Tests;

public sealed class CHeaderTests
{
    // Every number of wire.py is in wire.h, and the offsets are where the struct module puts the fields.
    private const string Comparison = """
        import re, struct, sys
        python, c = sys.stdin.read().split("\0")
        wire = {}
        exec(compile(python, "wire.py", "exec"), wire)
        names = [(name, int(value.replace("ULL", ""), 0)) for name, value in re.findall(r"^#define (WIRE_\w+) (\S+)$", c, re.M)]
        numbers = dict(names)
        assert len(numbers) == len(names), "a name is defined twice"
        constants = {"WIRE_" + name: value for name, value in wire.items() if name.isupper() and type(value) is int}
        assert constants and constants == {name: numbers[name] for name in constants}, constants
        order = [name for name, _ in names]
        seen = 0
        for name, fields in wire.items():
            if not name.endswith("_FIELDS"):
                continue
            message = "WIRE_" + name[:-len("_FIELDS")]
            at = order.index(message + "_FIXED")
            codes = fields.format.lstrip("<")
            assert numbers[order[at]] == fields.size, message
            offsets = [struct.calcsize("<" + codes[:i]) for i in range(len(codes))]
            found = order[at + 1:at + 1 + len(codes)]
            assert all(each.startswith(message + "_") for each in found), found
            assert [numbers[each] for each in found] == offsets, message
            seen += 1
        assert seen > 20, seen
        for code, (method, flags, unpack) in wire["FROM_FRONT"].items():
            assert numbers["WIRE_" + method[len("on_"):].upper() + "_FLAGS"] == flags, method
        print("same")
        """;

    [Fact]
    public void Header_OfHydra_IsTheCheckedInFile()
    {
        Assert.Equal(WireRun.CheckedInC.ReplaceLineEndings("\n"), WireRun.Of().C);
    }

    [Fact]
    public void Header_Text_CompilesWithoutWarnings()
    {
        string use = "unsigned long long hash(void) { return WIRE_SCHEMA_HASH; }\n"
            + "_Static_assert(WIRE_REQUEST_BODY_SIZE + 4 == WIRE_REQUEST_FIXED, \"the last field ends the fixed part\");\n";

        // Twice: it may be included by several headers.
        string? output = ToolProcess.C(WireRun.Of().C + WireRun.Of().C + use);

        Assert.Contains(output, new[] { null, "" });
    }

    [Fact]
    public void Header_Numbers_AreThoseOfThePythonModule()
    {
        WireRun run = WireRun.Of();

        string? output = ToolProcess.Python(Comparison, run.Python + "\0" + run.C);

        Assert.Contains(output, new[] { null, "same" });
    }

    [Fact]
    public void Header_ChangedField_MovesThoseBehindIt()
    {
        WireRun run = WireRun.Of(new Edit("Messages.cs", "public uint QueueMicroseconds", "public ulong QueueMicroseconds"));

        Assert.Contains("#define WIRE_REQUEST_METHOD_SIZE 8\n", run.C, StringComparison.Ordinal);
        Assert.Contains("#define WIRE_REQUEST_FIXED 23\n", run.C, StringComparison.Ordinal);
        Assert.Contains($"#define WIRE_SCHEMA_HASH 0x{run.Hash:x16}ULL\n", run.C, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#define WIRE_HEADER_SIZE 16")]
    [InlineData("#define WIRE_MAX_PAYLOAD 262128")]
    [InlineData("#define WIRE_MAX_BODY 65536")]
    [InlineData("#define WIRE_REQUEST 0x10")]
    [InlineData("#define WIRE_FLAG_EXPECT_CONTINUE 2")]
    [InlineData("#define WIRE_LINK_DATA 1")]
    [InlineData("#define WIRE_RESET_APPLICATION_ERROR 1")]
    [InlineData("#define WIRE_REQUEST_FLAGS 71")]
    [InlineData("#define WIRE_REQUEST_FIXED 19")]
    [InlineData("#define WIRE_REQUEST_QUEUE_MICROSECONDS 0")]
    [InlineData("#define WIRE_REQUEST_BODY_SIZE 15")]
    [InlineData("#define WIRE_BODY_FIXED 0")]
    [InlineData("#define WIRE_PING_FLAGS 0")]
    [InlineData("#define WIRE_TAKEN_HELD 8")]
    public void Header_Has_TheLine(string line)
    {
        Assert.Contains(line, WireRun.Of().C.Split('\n'));
    }
}
