using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Bodies on disk are somebody's passwords and documents: nobody else may see them, and nothing may be left of them.</summary>
public sealed class UnnamedFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TryOpen_TwoFiles_AreEmptyAndApart()
    {
        using SafeFileHandle first = Open(_directory.Path);
        using SafeFileHandle second = Open(_directory.Path);
        Assert.Equal(0, RandomAccess.GetLength(first));
        RandomAccess.Write(first, "first"u8, 0);
        RandomAccess.Write(second, "other one"u8, 0);

        Assert.Equal("first", Read(first));
        Assert.Equal("other one", Read(second));
    }

    [PosixFact]
    public void TryOpen_WhileItIsOpen_HasNoNameInTheDirectory()
    {
        using SafeFileHandle file = Open(_directory.Path);
        RandomAccess.Write(file, "a body"u8, 0);

        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [PosixFact]
    public void TryOpen_File_IsForItsOwnerAlone()
    {
        using SafeFileHandle file = Open(_directory.Path);

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(file));
    }

    [PosixFact]
    public void TryOpen_DirectoryThatIsMissing_IsMadeForItsOwnerAlone()
    {
        string directory = Path.Combine(_directory.Path, "outer", "inner");
        using SafeFileHandle file = Open(directory);

        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
    }

    [PosixFact]
    public void TryOpen_DirectoryThatExists_KeepsItsMode()
    {
        // /var/tmp is everybody's: a server that runs as root must not take it away from them.
        const UnixFileMode Shared = OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_directory.Path, Shared | UnixFileMode.StickyBit);
        using SafeFileHandle file = Open(_directory.Path);

        Assert.Equal(Shared | UnixFileMode.StickyBit, File.GetUnixFileMode(_directory.Path));
    }

    [LinuxFact]
    public void TryOpen_File_IsNotInheritedByWorkers()
    {
        // O_CLOEXEC of open(2) on Linux.
        const int CloseOnExec = 0x80000;
        using SafeFileHandle file = Open(_directory.Path);
        string flags = File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}")
            .First(line => line.StartsWith("flags:", StringComparison.Ordinal));

        Assert.NotEqual(0, Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & CloseOnExec);
    }

    [Fact]
    public void TryOpen_PlaceIsAFile_GivesNothingAndSaysWhy()
    {
        string path = _directory.Write("file", "");

        Assert.Null(UnnamedFile.TryOpen(path, out string reason));
        Assert.Contains(path, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void TryOpen_Works_GivesNoReason()
    {
        using SafeFileHandle? file = UnnamedFile.TryOpen(_directory.Path, out string reason);

        Assert.NotNull(file);
        Assert.Equal("", reason);
    }

    private static SafeFileHandle Open(string directory)
        => UnnamedFile.TryOpen(directory, out string reason) ?? throw new InvalidOperationException(reason);

    private static string Read(SafeFileHandle file)
    {
        byte[] target = new byte[100];
        return System.Text.Encoding.ASCII.GetString(target, 0, RandomAccess.Read(file, target, 0));
    }
}
