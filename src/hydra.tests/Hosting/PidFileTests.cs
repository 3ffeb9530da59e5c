using System.Globalization;
using System.Net.Sockets;
using Hydra.Hosting;
using Hydra.Primitives;
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

        using var file = new PidFile(path);
        file.Write();

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

        using var file = new PidFile(path);
        file.Write();

        Assert.Equal("mine", File.ReadAllText(victim));
        Assert.Equal(Own, File.ReadAllText(path));
        Assert.Null(new FileInfo(path).LinkTarget);
    }

    // As root a rename takes the place of a device, and nobody on the machine has it any more.
    [PosixTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Write_WhereSomethingElseThanAFileIs_LeavesIt(bool isLink)
    {
        string path = _directory.At("pid");
        string socketPath = isLink ? _directory.At("socket") : path;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(socketPath));
        if (isLink)
        {
            File.CreateSymbolicLink(path, socketPath);
        }

        using var file = new PidFile(path);
        var error = Assert.Throws<StartException>(file.Write);

        Assert.Equal($"the file of --pid cannot be written: {path} is no regular file", error.Message);
        Assert.Equal(0, FileStatus.Read(path, followLinks: false, out FileStatus status));
        Assert.Equal((!isLink, isLink), (status.IsSocket, status.IsLink));
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
        string path = _directory.At("none", "pid");
        var error = Assert.Throws<StartException>(() => new PidFile(path).Write());

        Assert.Equal($"the file of --pid, {path}, cannot be written: there is no directory {Path.GetDirectoryName(path)}", error.Message);
    }

    [Fact]
    public void Claim_FileOfAServerThatRuns_IsAFailedStart()
    {
        string path = _directory.At("pid");
        using var first = new PidFile(path);
        first.Write();
        using var second = new PidFile(path);

        var error = Assert.Throws<StartException>(second.Claim);
        second.Remove();

        Assert.Equal(
            $"the file of --pid, {path}, is that of a server that is running (process {Own.Trim()}): stop that one first, or give this one another file",
            error.Message);
        Assert.Equal(Own, File.ReadAllText(path));
    }

    // A number says nothing: it may be a dead server's, and ours or any other process's by now.
    [Fact]
    public void Claim_FileOfADeadServer_MayBeReplaced()
    {
        string path = _directory.File("pid", Own);
        using var file = new PidFile(path);

        file.Claim();
        file.Write();

        Assert.Equal(Own, File.ReadAllText(path));
    }

    // Whoever may read it could else keep the server from starting again.
    [LinuxFact]
    public void Claim_FileOfADeadServerThatAReaderHasLocked_MayBeReplaced()
    {
        string path = _directory.File("pid", "1\n");
        using var reader = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        using var file = new PidFile(path);

        file.Claim();
        file.Write();

        Assert.Equal(Own, File.ReadAllText(path));
    }

    [Fact]
    public void Claim_FileThatHoldsSomethingElse_IsAFailedStartAndStays()
    {
        string path = _directory.File("app.py", "app = None\n");
        using var file = new PidFile(path);

        var error = Assert.Throws<StartException>(file.Claim);

        Assert.Equal($"the file of --pid cannot be written: {path} is there already, and holds something else than a process id", error.Message);
        Assert.Equal("app = None\n", File.ReadAllText(path));
    }

    [Fact]
    public void Claim_NoFile_MayBeWritten()
    {
        using var file = new PidFile(_directory.At("pid"));

        file.Claim();
    }

    // An upgrade: the old server runs on for a while.
    [Fact]
    public void Write_FileOfAServerThatRuns_IsTheNewServersFromThenOn()
    {
        string path = _directory.At("pid");
        var old = new PidFile(path);
        old.Write();
        using var successor = new PidFile(path);
        successor.Write();
        old.Dispose();

        using var third = new PidFile(path);
        Assert.Throws<StartException>(third.Claim);
        successor.Dispose();
        third.Claim();
    }

    [Fact]
    public void Remove_NeverWritten_StaysAlsoWhereItNamesTheSameProcess()
    {
        string path = _directory.File("pid", Own);
        using var file = new PidFile(path);

        file.Remove();

        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Remove_OwnFile_IsGone()
    {
        using var file = new PidFile(_directory.At("pid"));
        file.Write();

        file.Remove();

        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void Remove_AnothersFile_Stays()
    {
        string path = _directory.At("pid");
        using var file = new PidFile(path);
        file.Write();
        File.WriteAllText(path + ".new", "1\n");
        File.Move(path + ".new", path, overwrite: true);

        file.Remove();

        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Remove_NoFile_IsNoError() => new PidFile(_directory.At("pid")).Remove();
}
