using Xunit;

namespace Hydra.Protocol.Generator.Tests;

public sealed class PythonModuleTests
{
    [Fact]
    public void Module_OfHydra_IsTheCheckedInFile()
    {
        Assert.Equal(WireRun.CheckedInPython.ReplaceLineEndings("\n"), WireRun.Of().Python);
    }

    [Fact]
    public void Module_Text_IsPython38WithoutWarnings()
    {
        string? output = ToolProcess.Python(
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
    [InlineData("    REQUEST: (\"on_request\", FLAG_END | FLAG_EXPECT_CONTINUE | FLAG_SESSION | FLAG_RESUME, unpack_request),")]
    [InlineData("    BODY: (\"on_body\", FLAG_END | FLAG_MORE, unpack_body),")]
    [InlineData("FEATURE_INTERRUPTIBLE_THREADS = 1")]
    [InlineData("    \"app_dir\": str,")]
    [InlineData("    \"grace_milliseconds\": int,")]
    [InlineData("    \"preload\": bool,")]
    public void Module_Has_TheLine(string line)
    {
        Assert.Contains(line, WireRun.Of().Python.Split('\n'));
    }
}
