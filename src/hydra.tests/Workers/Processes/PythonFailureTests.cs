using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class PythonFailureTests
{
    [Theory]
    [InlineData(2, "does not exist")]
    [InlineData(13, "permission denied")]
    [InlineData(8, "is not an executable for this machine")]
    [InlineData(193, "is not an executable for this machine")]
    [InlineData(12, "out of memory or descriptors (so it says)")]
    [InlineData(11, "the limit of processes and threads is reached: pids.max of the control group, or ulimit -u (so it says)")]
    [InlineData(99, "/py cannot be started: so it says.")]
    public void CannotStart_Error_IsExplained(int error, string expected)
        => Assert.Contains(expected, PythonFailure.CannotStart("/py", error, "so it says"), StringComparison.Ordinal);

    [Theory]
    [InlineData(1, "  File \"/tmp/hydra_shim.py\", line 9\nSyntaxError: invalid syntax", "/py is too old: Python 3.8 or newer is needed")]
    [InlineData(1, "ModuleNotFoundError: No module named 'encodings'", "does not find its standard library")]
    [InlineData(0, "", "/py ended without a word before the worker could connect.")]
    [InlineData(1, "boom\nand more\n", "/py ended with code 1 before the worker could connect. Its last words: boom / and more")]
    [InlineData(3, "Python 3.8 or newer is needed; this is Python 3.6.9 (/py)\n", "/py is too old: Python 3.8 or newer is needed")]
    [InlineData(137, "", "was killed; did the system run out of memory?")]
    [InlineData(139, "", "crashed with a segmentation fault")]
    [InlineData(143, "", "was ended by signal 15")]
    public void EndedEarly_ExitCode_IsExplained(int exitCode, string lastLines, string expected)
        => Assert.Contains(expected, PythonFailure.EndedEarly("/py", exitCode, lastLines), StringComparison.Ordinal);
}
