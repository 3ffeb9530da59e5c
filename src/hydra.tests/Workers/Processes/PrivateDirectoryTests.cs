using Hydra.Primitives;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class PrivateDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [PosixFact]
    public void Create_Fresh_IsOursAlone()
    {
        Assert.Null(PrivateDirectory.Create(_directory.At("x")));
        Assert.Null(PrivateDirectory.Check(_directory.At("x")));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(_directory.At("x")));
    }

    [PosixFact]
    public void Create_Existing_IsRefused()
    {
        Directory.CreateDirectory(_directory.At("x"));

        Assert.Equal("File exists", PrivateDirectory.Create(_directory.At("x")));
    }

    [PosixFact]
    public void Check_OpenToOthers_IsRefused()
    {
        PrivateDirectory.Create(_directory.At("x"));
        File.SetUnixFileMode(_directory.At("x"), (UnixFileMode)0b111_101_000);

        Assert.EndsWith("has mode 0750 and not 0700", PrivateDirectory.Check(_directory.At("x")), StringComparison.Ordinal);
    }

    [PosixFact]
    public void Check_Link_IsRefused()
    {
        PrivateDirectory.Create(_directory.At("x"));
        File.CreateSymbolicLink(_directory.At("link"), _directory.At("x"));

        Assert.EndsWith("is a symbolic link", PrivateDirectory.Check(_directory.At("link")), StringComparison.Ordinal);
    }

    [PosixFact]
    public void Check_File_IsRefused() => Assert.EndsWith("is no directory", PrivateDirectory.Check(_directory.File("x")), StringComparison.Ordinal);

    [PosixFact]
    public void Check_Missing_SaysSo() => Assert.Equal("No such file or directory", PrivateDirectory.Check(_directory.At("x")));

    [PosixFact]
    public void Check_SomebodyElses_IsRefused()
    {
        // Owned by root, unless the tests run as root; then there is nothing that is certainly somebody else's.
        if (LibC.GetEffectiveUser() != 0)
        {
            Assert.Contains("belongs to somebody else (user 0)", PrivateDirectory.Check("/"), StringComparison.Ordinal);
        }
    }

    [PosixFact]
    public void PreparePlace_StickyAndOpen_IsFine()
    {
        Directory.CreateDirectory(_directory.At("x"));
        File.SetUnixFileMode(_directory.At("x"), (UnixFileMode)0b1_111_111_111);

        Assert.Null(PrivateDirectory.PreparePlace(new PrivatePlace(_directory.At("x"))));
    }

    [PosixFact]
    public void PreparePlace_OpenWithoutSticky_IsRefusedUnlessChosen()
    {
        Directory.CreateDirectory(_directory.At("x"));
        File.SetUnixFileMode(_directory.At("x"), (UnixFileMode)0b111_111_111);

        Assert.Contains("others could replace", PrivateDirectory.PreparePlace(new PrivatePlace(_directory.At("x"))), StringComparison.Ordinal);
        Assert.Null(PrivateDirectory.PreparePlace(new PrivatePlace(_directory.At("x"), IsChosen: true)));
    }

    [PosixFact]
    public void PreparePlace_Missing_IsMadeWhereThatIsMeant()
    {
        Assert.Equal("No such file or directory", PrivateDirectory.PreparePlace(new PrivatePlace(_directory.At("x"))));
        Assert.Null(PrivateDirectory.PreparePlace(new PrivatePlace(_directory.At("a/b"), IsMade: true)));
        Assert.Null(PrivateDirectory.Check(_directory.At("a/b")));
    }

    [LinuxFact]
    public void Read_Status_IsWhatTheSystemSays()
    {
        Assert.Equal(0, FileStatus.Read("/proc/self", followLinks: false, out FileStatus link));
        Assert.True(link.IsLink);
        Assert.Equal(LibC.GetEffectiveUser(), link.Owner);
        Assert.Equal(0, FileStatus.Read("/proc/self", followLinks: true, out FileStatus directory));
        Assert.True(directory.IsDirectory);
        Assert.Equal(LibC.NoSuchEntry, FileStatus.Read("/nonexistent", followLinks: true, out _));
        Assert.Equal(0, FileStatus.Read("/proc/1", followLinks: true, out FileStatus root));
        Assert.Equal(0u, root.Owner);
    }
}
