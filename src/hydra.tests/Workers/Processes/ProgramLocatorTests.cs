using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class ProgramLocatorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [PosixFact]
    public void Find_NameWithoutASlash_IsTheFirstOnPath()
    {
        Program("b/tool");
        Program("c/tool");

        Assert.Equal(_directory.At("b/tool"), Find("tool", out _));
    }

    // .NET would take it, and whoever can write there would be started.
    [PosixFact]
    public void Find_NameThatIsInTheWorkingDirectory_IsNotTaken()
    {
        Program("tool");

        Assert.Null(Find("tool", out string problem));
        Assert.Equal("there is no program \"tool\" on PATH to start as a worker.", problem);
    }

    [PosixFact]
    public void Find_NameThatIsNoProgram_IsPassedOver()
    {
        _directory.File("a/tool", mode: UnixFileMode.UserRead);
        Program("c/tool");

        Assert.Equal(_directory.At("c/tool"), Find("tool", out _));
    }

    [PosixTheory]
    [InlineData("./bin/tool")]
    [InlineData("bin/tool")]
    public void Find_Path_StartsFromTheWorkingDirectory(string name)
    {
        Program("bin/tool");

        Assert.Equal(_directory.At("bin/tool"), Find(name, out string problem));
        Assert.Equal("", problem);
    }

    [PosixFact]
    public void Find_PathWithoutAProgram_SaysWhy()
    {
        _directory.File("bin/text", mode: UnixFileMode.UserRead);

        Assert.Null(Find("bin/none", out string missing));
        Assert.Null(Find("bin/text", out string noProgram));
        Assert.Equal("the program \"bin/none\" that is to be the worker does not exist.", missing);
        Assert.Equal("the program \"bin/text\" is not an executable file, or not for this user.", noProgram);
    }

    private string? Find(string name, out string problem)
        => ProgramLocator.Find(
            name, _directory.Path, new Dictionary<string, string> { ["PATH"] = $"{_directory.At("a")}::{_directory.At("b")}:{_directory.At("c")}" }, isWindows: false, out problem);

    private void Program(string name)
        => _directory.File(name, mode: UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
