using System.Text;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class ShimExtractorTests : IDisposable
{
    private static readonly ShimFiles Shim = Files(("hydra_shim.py", "print('shim')\n"), ("hydra_worker/wire.py", "X = 1\n"));

    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingLogger _logger = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Extract_FirstTime_WritesEverything()
    {
        string entry = Ready(Extract());

        Assert.Equal("print('shim')\n", File.ReadAllText(entry));
        Assert.Equal("X = 1\n", File.ReadAllText(Path.Combine(Path.GetDirectoryName(entry)!, "hydra_worker", "wire.py")));
        Assert.Equal([Path.GetDirectoryName(entry)!], Directory.GetFileSystemEntries(_directory.Path));
        Assert.Contains(Shim.Hash, entry, StringComparison.Ordinal);
        Assert.Equal([1201], _logger.Records.Select(record => record.Id));
    }

    [PosixFact]
    public void Extract_FirstTime_IsOursAlone()
        => Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(Path.GetDirectoryName(Ready(Extract()))!));

    [Fact]
    public void Extract_SecondTime_UsesWhatIsThere()
    {
        string entry = Ready(Extract());
        DateTime written = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(entry, written);

        Assert.Equal(entry, Ready(Extract()));
        Assert.Equal(written, File.GetLastWriteTimeUtc(entry));
    }

    [Fact]
    public void Keep_FilesThatAreOldOrGone_AreYoungAndThereAndAsTheyWereWritten()
    {
        string entry = Ready(Extract());
        string other = Path.Combine(Path.GetDirectoryName(entry)!, "hydra_worker", "wire.py");
        DateTime old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(entry, old);
        File.SetLastAccessTimeUtc(entry, old);
        File.Delete(other);

        using ShimExtractor extractor = Extractor(new PrivatePlace(_directory.Path));
        extractor.Keep();

        Assert.True(File.Exists(other));
        Assert.True(File.GetLastAccessTimeUtc(entry) > old);
        Assert.Equal(old, File.GetLastWriteTimeUtc(entry));
    }

    [Fact]
    public void Keep_DirectoryIsGone_MakesItAgain()
    {
        string entry = Ready(Extract());
        Directory.Delete(Path.GetDirectoryName(entry)!, recursive: true);

        using ShimExtractor extractor = Extractor(new PrivatePlace(_directory.Path));
        extractor.Keep();

        Assert.True(File.Exists(entry));
    }

    [Theory]
    [InlineData("print('evil')\n")]
    [InlineData("")]
    [InlineData(null)]
    public void Extract_FileChangedOrGone_IsWrittenAgain(string? content)
    {
        string entry = Ready(Extract());
        File.Delete(entry);
        if (content is not null)
        {
            File.WriteAllText(entry, content);
        }

        Assert.Equal(entry, Ready(Extract()));
        Assert.Equal("print('shim')\n", File.ReadAllText(entry));
        Assert.Equal(2, Directory.GetFileSystemEntries(Path.GetDirectoryName(entry)!).Length);
        Assert.Equal((LogLevel.Warning, 1202), (_logger.Records[^1].Level, _logger.Records[^1].Id));
    }

    [Fact]
    public void Extract_DirectoryGone_IsMadeAgain()
    {
        using ShimExtractor extractor = Extractor(new PrivatePlace(_directory.Path));
        string entry = Ready(extractor.Extract());
        Directory.Delete(Path.GetDirectoryName(entry)!, recursive: true);

        Assert.Equal(entry, Ready(extractor.Extract()));
        Assert.True(File.Exists(entry));
    }

    [Fact]
    public void Extract_OtherContent_HasADirectoryOfItsOwn()
    {
        string first = Ready(Extract());
        using var other = new ShimExtractor(Files(("hydra_shim.py", "print('other')\n")), [new PrivatePlace(_directory.Path)], _logger);

        Assert.NotEqual(first, Ready(other.Extract()));
    }

    [Fact]
    public void Extract_ManyAtOnce_AllSucceed()
    {
        string[] entries = new string[16];
        Parallel.For(0, entries.Length, i =>
        {
            using var extractor = new ShimExtractor(Shim, [new PrivatePlace(_directory.Path)], Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            entries[i] = Ready(extractor.Extract());
        });

        Assert.Single(entries.Distinct());
        Assert.Single(Directory.GetFileSystemEntries(_directory.Path));
    }

    [PosixFact]
    public void Extract_DirectoryOpenToOthers_TakesTheNextPlace()
    {
        string first = Path.GetDirectoryName(Ready(Extract()))!;
        File.SetUnixFileMode(first, (UnixFileMode)0b111_111_111);

        AssertTakesNextPlace(new PrivatePlace(_directory.Path));
    }

    [PosixFact]
    public void Extract_LinkInItsPlace_TakesTheNextPlace()
    {
        string first = Path.GetDirectoryName(Ready(Extract()))!;
        Directory.Move(first, _directory.At("elsewhere"));
        File.CreateSymbolicLink(first, _directory.At("elsewhere"));

        AssertTakesNextPlace(new PrivatePlace(_directory.Path));
    }

    [PosixFact]
    public void Extract_DanglingLinkInItsPlace_TakesTheNextPlace()
    {
        string first = Path.GetDirectoryName(Ready(Extract()))!;
        Directory.Delete(first, recursive: true);
        File.CreateSymbolicLink(first, _directory.At("nowhere"));

        AssertTakesNextPlace(new PrivatePlace(_directory.Path));
    }

    [Fact]
    public void Extract_PlaceMissing_TakesTheNextPlace() => AssertTakesNextPlace(new PrivatePlace(_directory.At("nowhere")));

    [Fact]
    public void Extract_PlaceIsAFile_TakesTheNextPlace() => AssertTakesNextPlace(new PrivatePlace(_directory.File("file"), IsMade: true));

    [Fact]
    public void Extract_ChosenPlaceUnusable_IsAWarningOnce()
    {
        using ShimExtractor extractor = Extractor(new PrivatePlace(_directory.File("file"), IsChosen: true), new PrivatePlace(_directory.Path));
        extractor.Extract();
        extractor.Extract();

        Assert.Single(_logger.Records, record => record is { Level: LogLevel.Warning, Id: 1204 });
    }

    [LinuxFact]
    public void Extract_NoPlaceAtAll_KeepsTheShimInMemory()
    {
        using ShimExtractor extractor = Extractor();
        string entry = Ready(extractor.Extract());

        Assert.StartsWith("/proc/", entry, StringComparison.Ordinal);
        Assert.Equal(entry, Ready(extractor.Extract()));
        Assert.Equal(ShimArchive.Create(Shim), File.ReadAllBytes(entry));
        Assert.Throws<UnauthorizedAccessException>(() => File.WriteAllText(entry, "x"));
    }

    [Fact]
    public void Message_OfAFailure_ListsThePlaces()
        => Assert.Equal(
            "No directory was found for the worker's code. Set HYDRA_RUNTIME_DIR to one that can be written to. Tried:\n  /a: full\n  /b: gone",
            new ShimResult.Failed(["/a: full", "/b: gone"]).Message);

    [Fact]
    public void Hash_OfFiles_DependsOnNamesAndContentsAndNotOnOrder()
    {
        string hash = Files(("a", "1"), ("b", "2")).Hash;

        Assert.Equal(16, hash.Length);
        Assert.Equal(hash, Files(("b", "2"), ("a", "1")).Hash);
        Assert.NotEqual(hash, Files(("a", "12"), ("b", "")).Hash);
        Assert.NotEqual(hash, Files(("a", "2"), ("b", "1")).Hash);
    }

    [Fact]
    public void Crc32_OfTheUsualDigits_IsTheUsualNumber() => Assert.Equal(0xCBF43926u, ShimArchive.Crc32("123456789"u8));

    private static ShimFiles Files(params (string Path, string Text)[] files)
        => new(files.Select(file => new ShimFile(file.Path, Encoding.UTF8.GetBytes(file.Text))));

    private static string Ready(ShimResult result) => Assert.IsType<ShimResult.Ready>(result).EntryPath;

    private ShimExtractor Extractor(params PrivatePlace[] places) => new(Shim, places, _logger);

    private ShimResult Extract()
    {
        using ShimExtractor extractor = Extractor(new PrivatePlace(_directory.Path));
        return extractor.Extract();
    }

    private void AssertTakesNextPlace(PrivatePlace first)
    {
        var second = new PrivatePlace(Directory.CreateDirectory(_directory.At("second")).FullName);
        using ShimExtractor extractor = Extractor(first, second);

        Assert.StartsWith(second.Path, Ready(extractor.Extract()), StringComparison.Ordinal);
        Assert.Contains(_logger.Records, record => record is { Level: LogLevel.Debug, Id: 1203 });
    }
}
