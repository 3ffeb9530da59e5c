using Hydra.Bridge;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Bridge;

public sealed class ProgramCommandTests
{
    [Theory]
    [InlineData("$PORT", "8123")]
    [InlineData("127.0.0.1:${PORT}", "127.0.0.1:8123")]
    [InlineData("-b=unix:$HYDRA_SOCKET", "-b=unix:/run/a.sock")]
    [InlineData("${HYDRA_SOCKET}/$PORT/x", "/run/a.sock/8123/x")]
    [InlineData("$PORTS ${PORT $$ $ $HOME ${HOME}", "$PORTS ${PORT $$ $ $HOME ${HOME}")]
    public void Expand_Word_HasWhereTheProgramListens(string word, string expected)
    {
        using ProgramPlaces places = ProgramPlaces.At(8123, "/run/a.sock");

        Assert.Equal(expected, ProgramCommand.Expand(word, places));
    }

    [PosixFact]
    public void Find_Name_IsLookedForOnPath()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.At("a/tool"));
        Directory.CreateDirectory(directory.At("b"));
        File.WriteAllText(directory.At("b/tool"), "#!/bin/sh\n");
        string path = $"{directory.At("a")}:{directory.At("b")}";
        Assert.Equal($"the command {directory.At("b/tool")} is not executable", Assert.Throws<ProgramStartException>(() => ProgramCommand.Find("tool", path)).Message);

        File.SetUnixFileMode(directory.At("b/tool"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(directory.At("b/tool"), ProgramCommand.Find("tool", path));
        Assert.Equal(directory.At("b/tool"), ProgramCommand.Find(directory.At("b/tool"), ""));
    }

    [PosixFact]
    public void Find_NothingToExecute_IsSaid()
    {
        Assert.Equal("the command no-such-tool is not found on PATH", Assert.Throws<ProgramStartException>(() => ProgramCommand.Find("no-such-tool", "/usr/bin:/bin")).Message);
        Assert.Equal("the command ./no-such-tool does not exist", Assert.Throws<ProgramStartException>(() => ProgramCommand.Find("./no-such-tool", "/bin")).Message);
        Assert.Equal("the command /usr is a directory", Assert.Throws<ProgramStartException>(() => ProgramCommand.Find("/usr", "/bin")).Message);
    }
}
