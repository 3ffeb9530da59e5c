using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Hydra.Protocol.Generator.Tests;

public sealed class PythonModuleTests
{
    private const string Path = "/repository/python/hydra_worker/wire.py";

    [Fact]
    public void Module_OfHydra_IsTheCheckedInFile()
    {
        Assert.Equal(WireRun.CheckedInPython.ReplaceLineEndings("\n"), WireRun.Of().Python);
    }

    [Fact]
    public void Module_Text_IsPython38WithoutWarnings()
    {
        string? output = PythonProcess.Run(
            "import ast, sys; compile(ast.parse(sys.stdin.read(), feature_version=(3, 8)), 'wire.py', 'exec'); print('ok')",
            WireRun.Of().Python);

        Assert.Contains(output, new[] { null, "ok" });
    }

    [Fact]
    public void Module_Lines_KeepToTheStyle()
    {
        string[] lines = WireRun.Of().Python.Split('\n');

        Assert.All(lines, line => Assert.InRange(line.Length, 0, 110));
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
        Assert.All(lines, line => Assert.DoesNotContain('\t', line));
        Assert.Equal("", lines[^1]);
        Assert.NotEqual("", lines[^2]);
    }

    [Theory]
    [InlineData("HELLO = 0x01")]
    [InlineData("RESET = 0x15")]
    [InlineData("FLAG_EXPECT_CONTINUE = 2")]
    [InlineData("LINK_DATA = 1")]
    [InlineData("FAILURE_MODULE_NOT_FOUND = 1")]
    [InlineData("CANCEL_CLIENT_LEFT = 1")]
    [InlineData("RESET_APPLICATION_ERROR = 1")]
    [InlineData("LOG_DEBUG = 1")]
    [InlineData("HEADER = Struct(\"<IBBHQ\")")]
    [InlineData("MAX_PAYLOAD = 262128")]
    [InlineData("REQUEST_FIELDS = Struct(\"<IBHHHII\")")]
    [InlineData("    PING: (\"on_ping\", 0, unpack_ping),")]
    [InlineData("    REQUEST: (\"on_request\", FLAG_END | FLAG_EXPECT_CONTINUE | FLAG_SESSION, unpack_request),")]
    [InlineData("    BODY: (\"on_body\", FLAG_END, unpack_body),")]
    [InlineData("FEATURE_INTERRUPTIBLE_THREADS = 1")]
    [InlineData("    \"app_dir\": str,")]
    [InlineData("    \"grace_milliseconds\": int,")]
    [InlineData("    \"preload\": bool,")]
    public void Module_Has_TheLine(string line)
    {
        Assert.Contains(line, WireRun.Of().Python.Split('\n'));
    }

    [Fact]
    public void Check_SameText_PassesAlsoWithCrLf()
    {
        string module = WireRun.Of().Python;

        Assert.Empty(Check(null, module));
        Assert.Empty(Check("true", module.Replace("\n", "\r\n", StringComparison.Ordinal)));
    }

    [Fact]
    public void Check_ChangedLine_IsReportedThere()
    {
        string module = WireRun.Of().Python;
        int line = Array.IndexOf(module.Split('\n'), "HEADER_SIZE = 16");

        Diagnostic found = Assert.Single(Check(null, module.Replace("HEADER_SIZE = 16", "HEADER_SIZE = 17", StringComparison.Ordinal)));

        Assert.Equal("HYWIRE010", found.Id);
        Assert.Equal((Path, line), (found.Location.GetLineSpan().Path, found.Location.GetLineSpan().StartLinePosition.Line));
        Assert.Contains("build/wire.sh", found.GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData(" ")]
    [InlineData("# more\n")]
    public void Check_TextAtTheEnd_IsReported(string more)
    {
        Assert.Equal("HYWIRE010", Assert.Single(Check(null, WireRun.Of().Python + more)).Id);
    }

    [Fact]
    public void Check_MissingEnd_IsReported()
    {
        Assert.Equal("HYWIRE010", Assert.Single(Check(null, WireRun.Of().Python[..^1])).Id);
        Assert.Equal("HYWIRE010", Assert.Single(Check(null, "")).Id);
    }

    [Fact]
    public void Check_NoFile_IsReported()
    {
        Diagnostic found = Assert.Single(WireRun.Of(WireRun.Compile(), WireRun.Driver()).Result.Diagnostics);

        Assert.Equal("HYWIRE010", found.Id);
        Assert.Contains("missing", found.GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_TurnedOff_SaysNothing()
    {
        Assert.Empty(Check("false", "x = 1\n"));
        Assert.Empty(Check("False", "x = 1\n"));
    }

    private static ImmutableArray<Diagnostic> Check(string? check, string text) =>
        WireRun.Of(WireRun.Compile(), WireRun.Driver(check, new MemoryText(Path, text))).Result.Diagnostics;
}
