using Hydra.Hosting;
using Hydra.Tests.Workers;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class StartDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [PosixFact]
    public void Resolve_Link_IsWhatItLeadsToNow()
    {
        string first = Directory.CreateDirectory(_directory.At("first")).FullName;
        string second = Directory.CreateDirectory(_directory.At("second")).FullName;
        string link = _directory.At("current");
        Directory.CreateSymbolicLink(link, first);

        Assert.Equal(first, StartDirectory.Resolve(link, "working directory"));
        Directory.Delete(link);
        Directory.CreateSymbolicLink(link, second);

        Assert.Equal(second, StartDirectory.Resolve(link, "working directory"));
    }

    [Fact]
    public void Resolve_Missing_IsExplained()
    {
        string missing = _directory.At("none");

        Assert.Equal(
            $"the working directory, {missing}, cannot be used: there is no such directory",
            Assert.Throws<WorkerStartException>(() => StartDirectory.Resolve(missing, "working directory")).Message);
    }

    [Fact]
    public void CheckApplication_File_IsExplained()
    {
        string file = _directory.File("app.py");

        Assert.Equal(
            $"the directory of the application, {file}, cannot be read: it is a file",
            Assert.Throws<StartException>(() => StartDirectory.CheckApplication(file)).Message);
    }

    [Fact]
    public void CheckApplication_NoneOrADirectory_IsGood()
    {
        StartDirectory.CheckApplication("");
        StartDirectory.CheckApplication(_directory.Path);
    }

    [Fact]
    public void Enter_NothingWanted_StaysWhereItIs() => Assert.True(Path.IsPathRooted(StartDirectory.Enter(null, "")));
}
