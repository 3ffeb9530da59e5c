using System.Globalization;
using Hydra.Hosting;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class PidFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static string Own => Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Write_AnothersFile_IsReplaced()
    {
        string path = _directory.File("pid", "1\n");

        new PidFile(path).Write();

        Assert.Equal(Own, File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_directory.Path));
    }

    [PosixFact]
    public void Write_LinkOfAnotherAtTheNameThatItOnceHad_IsNotFollowed()
    {
        string path = _directory.At("pid");
        string victim = _directory.File("victim", "mine");
        File.CreateSymbolicLink($"{path}.{Own.Trim()}", victim);
        File.CreateSymbolicLink(path, victim);

        new PidFile(path).Write();

        Assert.Equal("mine", File.ReadAllText(victim));
        Assert.Equal(Own, File.ReadAllText(path));
        Assert.Null(new FileInfo(path).LinkTarget);
    }

    [PosixFact]
    public void Write_CannotTakeThePlaceOfWhatIsThere_LeavesNothingBehind()
    {
        string path = _directory.At("pid");
        Directory.CreateDirectory(Path.Combine(path, "within"));

        Assert.Throws<StartException>(() => new PidFile(path).Write());

        Assert.Equal([path], Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Write_DirectoryMissing_IsAFailedStart()
    {
        var error = Assert.Throws<StartException>(() => new PidFile(_directory.At("none", "pid")).Write());

        Assert.StartsWith("the file of --pid cannot be written: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Remove_OwnFile_IsGone()
    {
        var file = new PidFile(_directory.At("pid"));
        file.Write();

        file.Remove();

        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void Remove_AnothersFile_Stays()
    {
        string path = _directory.File("pid", "1\n");

        new PidFile(path).Remove();

        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Remove_NoFile_IsNoError() => new PidFile(_directory.At("pid")).Remove();
}
