using System.Text;
using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class LogFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hydra-log").FullName;

    private string Name => Path.Combine(_directory, "a.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Write_FileThatIsThere_IsAppendedTo()
    {
        File.WriteAllText(Name, "before\n");
        using var first = new LogFile(Name);
        using var second = new LogFile(Name);
        first.Write("one\n"u8);
        second.Write("two\n"u8);
        first.Write("three\n"u8);

        Assert.Equal("before\none\ntwo\nthree\n", File.ReadAllText(Name));
    }

    [Fact]
    public void Reopen_FileWasMovedAway_GoesOnInANewOne()
    {
        using var file = new LogFile(Name);
        file.Write("one\n"u8);
        File.Move(Name, Name + ".1");
        file.Write("two\n"u8);
        Assert.Null(file.Reopen());
        file.Write("three\n"u8);

        Assert.Equal("one\ntwo\n", File.ReadAllText(Name + ".1"));
        Assert.Equal("three\n", File.ReadAllText(Name));
    }

    [Fact]
    public void Reopen_DirectoryIsGone_GoesOnWithWhatWasOpen()
    {
        using var file = new LogFile(Name);
        Directory.Move(_directory, _directory + ".away");
        try
        {
            Assert.NotNull(file.Reopen());
            file.Write("still\n"u8);
            Assert.Equal("still\n", File.ReadAllText(Path.Combine(_directory + ".away", "a.log")));
        }
        finally
        {
            Directory.Move(_directory + ".away", _directory);
        }
    }

    [PosixFact]
    public void Open_FifoThatNobodyReads_FailsAtOnce()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using (var made = System.Diagnostics.Process.Start("mkfifo", Name))
        {
            made.WaitForExit();
        }

        Assert.Contains("a FIFO that nobody reads", Assert.Throws<IOException>(() => new LogFile(Name)).Message, StringComparison.Ordinal);

        // As a reader it waits for nobody either.
        using var reader = new FileStream(Name, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.ReadWrite, BufferSize = 0 });
        using var file = new LogFile(Name);
        file.Write("one\n"u8);
        byte[] read = new byte[4];
        reader.ReadExactly(read);
        Assert.Equal("one\n"u8, read);
    }

    [PosixFact]
    public void Open_NewFile_IsForItsOwnerAndItsGroup()
    {
        using var file = new LogFile(Name);

        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Name) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
        Assert.True(File.GetUnixFileMode(Name).HasFlag(UnixFileMode.UserWrite));
    }

    [PosixFact]
    public void Write_FullDisk_IsSaidOnceAndLinesAreLost()
    {
        if (!File.Exists("/dev/full"))
        {
            return;
        }

        List<string?> said = [];
        using var file = new LogFile("/dev/full") { Trouble = said.Add };
        Assert.Throws<IOException>(() => file.Write("one\n"u8));
        Assert.Throws<IOException>(() => file.Write("two\n"u8));

        Assert.NotNull(Assert.Single(said));
    }

    [Fact]
    public void Write_ToBytes_IsTheSame()
    {
        using var file = new LogFile(Name);
        file.Write(Encoding.UTF8.GetBytes("xone\n"), 1, 4);

        Assert.Equal("one\n", File.ReadAllText(Name));
    }
}
