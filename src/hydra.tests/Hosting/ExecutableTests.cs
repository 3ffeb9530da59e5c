using System.Text;
using Hydra.Hosting;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class ExecutableTests
{
    private const UnixFileMode Runnable = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    [PosixFact]
    public void Find_RelativeName_MeansTheDirectoryOfTheStart()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("bin/hydra", mode: Runnable);

        Assert.Equal(path, Find(directory.Path, "bin/hydra"));
    }

    [PosixFact]
    public void Find_AbsoluteName_IsItself()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("hydra", mode: Runnable);

        Assert.Equal(path, Find("/", path));
    }

    [PosixTheory]
    [InlineData("./no-such-file")]
    [InlineData("no-such-program-anywhere")]
    [InlineData("")]
    public void Find_NameThatLeadsNowhere_IsTheFileThatRuns(string name) => Assert.Equal(Environment.ProcessPath, Find("/", name));

    private static string? Find(string directory, string name)
        => Executable.Find(new StartedAs([Encoding.UTF8.GetBytes(name)], [], directory)) is { } path ? Encoding.UTF8.GetString(path) : null;
}
