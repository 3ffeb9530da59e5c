using System.Diagnostics;
using System.Text;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class OddCommandTests
{
    [Fact]
    public void Of_OrdinaryPaths_IsTheCommandItself()
    {
        (string program, IReadOnlyList<string> arguments) = OddCommand.Of("/usr/bin/python3", ["-X", "dev", "/tmp/é"]);

        Assert.Equal("/usr/bin/python3", program);
        Assert.Equal(["-X", "dev", "/tmp/é"], arguments);
    }

    [LinuxFact]
    public void Of_OddPath_PassesItsBytesAndTheRestAsItIs()
    {
        (string program, IReadOnlyList<string> arguments) = OddCommand.Of("/usr/bin/printf", ["%s|", "caf\udce9 $HOME`id`\\1'\"%s", "it's \\ $HOME"]);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.Latin1 };
        using Process process = Process.Start(start)!;

        Assert.Equal("caf\xe9 $HOME`id`\\1'\"%s|it's \\ $HOME|", process.StandardOutput.ReadToEnd());
        process.WaitForExit();
    }
}
