using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Hydra.Files;
using Hydra.Primitives;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Files;

/// <summary><see cref="FileRoot"/>, and <see cref="PortableRoot"/> that does the same where openat2(2) is missing.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FileRootTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public FileRootTests()
    {
        _directory.File("root/a.txt", "content");
        _directory.File("root/sub/b.txt", "b");
        _directory.File("outside/secret", "secret");
        File.CreateSymbolicLink(_directory.At("root", "inner"), "sub/b.txt");
        File.CreateSymbolicLink(_directory.At("root", "absolute"), _directory.At("outside", "secret"));
        File.CreateSymbolicLink(_directory.At("root", "relative"), "../outside/secret");
        File.CreateSymbolicLink(_directory.At("root", "directory"), "../outside");
        File.CreateSymbolicLink(_directory.At("root", "dangling"), "nowhere");
        File.CreateSymbolicLink(_directory.At("root", "loop"), "loop");
        Run("mkfifo", _directory.At("root", "fifo"));
    }

    public void Dispose() => _directory.Dispose();

    [PosixTheory]
    [InlineData("a.txt", nameof(Finding.File))]
    [InlineData("sub/b.txt", nameof(Finding.File))]
    [InlineData("inner", nameof(Finding.File))]
    [InlineData("", nameof(Finding.Directory))]
    [InlineData("sub", nameof(Finding.Directory))]
    [InlineData("sub/", nameof(Finding.Directory))]
    [InlineData("A.TXT", nameof(Finding.Missing))]
    [InlineData("SUB/b.txt", nameof(Finding.Missing))]
    [InlineData("none", nameof(Finding.Missing))]
    [InlineData("a.txt/none", nameof(Finding.Missing))]
    [InlineData("fifo", nameof(Finding.Missing))]
    [InlineData("dangling", nameof(Finding.Missing))]
    [InlineData("absolute", nameof(Finding.Outside))]
    [InlineData("relative", nameof(Finding.Outside))]
    [InlineData("directory/secret", nameof(Finding.Outside))]
    public void Open_Path_IsFoundBelowTheRootOnly(string path, string expected)
    {
        using (OpenFile? file = Open(new FileRoot(_directory.At("root"), followsLinks: false), path, out Finding found))
        {
            Assert.Equal(expected, found.ToString());
            Assert.Equal(found is Finding.File, file is not null);
        }

        Finding portable = new PortableRoot(_directory.At("root"), followsLinks: false).Open(path, out OpenFile? other);
        other?.Dispose();
        Assert.Equal(expected, portable.ToString());
    }

    [PosixTheory]
    [InlineData("absolute", nameof(Finding.File))]
    [InlineData("directory/secret", nameof(Finding.File))]
    [InlineData("dangling", nameof(Finding.Missing))]
    [InlineData("fifo", nameof(Finding.Missing))]
    public void Open_LinksAreFollowed_AlsoOutOfTheRoot(string path, string expected)
    {
        Open(new FileRoot(_directory.At("root"), followsLinks: true), path, out Finding found)?.Dispose();
        Finding portable = new PortableRoot(_directory.At("root"), followsLinks: true).Open(path, out OpenFile? other);
        other?.Dispose();

        Assert.Equal((expected, expected), (found.ToString(), portable.ToString()));
    }

    [Fact]
    public void Open_Loop_IsNotServed()
        => Assert.NotEqual(Finding.File, new FileRoot(_directory.At("root"), followsLinks: true).Open("loop", mayWait: true, out _));

    // A device never ends, and reading it may wait.
    [PosixTheory]
    [InlineData("null")]
    [InlineData("zero")]
    public void Open_Device_IsMissing(string name)
    {
        Assert.Equal(Finding.Missing, new FileRoot("/dev", followsLinks: false).Open(name, mayWait: true, out _));
        Assert.Equal(Finding.Missing, new PortableRoot("/dev", followsLinks: false).Open(name, out _));
    }

    [Fact]
    public void Open_RootIsALink_IsWhereItLeadsNow()
    {
        _directory.File("second/a.txt", "newer");
        string current = _directory.At("current");
        File.CreateSymbolicLink(current, "root");
        var root = new FileRoot(current, followsLinks: false);
        Assert.Equal("content", Read(root, "a.txt"));
        File.Delete(current);
        File.CreateSymbolicLink(current, "second");

        Assert.Equal("newer", Read(root, "a.txt"));
    }

    [Fact]
    public void Open_RootHasGone_IsMissing()
        => Assert.Equal(Finding.Missing, new FileRoot(_directory.At("none"), followsLinks: false).Open("a.txt", mayWait: true, out _));

    [PosixFact]
    public void Open_NotReadable_IsDenied()
    {
        _directory.File("root/mine", "x", UnixFileMode.None);
        Finding found = new FileRoot(_directory.At("root"), followsLinks: false).Open("mine", mayWait: true, out OpenFile? file);
        file?.Dispose();

        // Nothing is denied to root.
        Assert.Equal(LibC.GetEffectiveUser() == 0 ? Finding.File : Finding.Denied, found);
    }

    [LinuxFact]
    public void Open_NotToWait_SaysWhatIsKnownOrNothing()
    {
        var root = new FileRoot(_directory.At("root"), followsLinks: false);
        Finding found = root.Open("a.txt", mayWait: false, out OpenFile? file);
        file?.Dispose();
        Assert.Contains(found, new[] { Finding.File, Finding.WouldWait });
        Assert.Equal(Finding.File, root.Open("a.txt", mayWait: true, out file));
        file!.Dispose();
        Assert.Contains(root.Open("none", mayWait: false, out _), new[] { Finding.Missing, Finding.WouldWait });
    }

    [Fact]
    public void ReadAll_FileHasChanged_IsNothing()
    {
        string path = _directory.At("root", "a.txt");
        Assert.Equal(Finding.File, new FileRoot(_directory.At("root"), followsLinks: false).Open("a.txt", mayWait: true, out OpenFile? file));
        using (file)
        {
            FileMark mark = file!.Mark;
            Assert.Equal(7, mark.Size);
            Assert.Equal(new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeSeconds(), mark.ModifiedSeconds);
            Assert.Equal("content"u8.ToArray(), file.ReadAll());
            File.WriteAllText(path, "cont");

            Assert.Null(file.ReadAll());
        }
    }

    private static OpenFile? Open(FileRoot root, string path, out Finding found)
    {
        found = root.Open(path, mayWait: true, out OpenFile? file);
        return file;
    }

    private static string Read(FileRoot root, string path)
    {
        Assert.Equal(Finding.File, root.Open(path, mayWait: true, out OpenFile? file));
        using (file)
        {
            return Encoding.UTF8.GetString(file!.ReadAll()!);
        }
    }

    private static void Run(string command, string argument)
    {
        using Process process = Process.Start(command, argument);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
