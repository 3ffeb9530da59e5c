using System.Buffers;
using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Workers;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class SpoolFileTests : IDisposable
{
    private const int Limit = 300_000;

    private readonly TestDirectory _directory = new();
    private readonly RecordingLogger _log = new();
    private readonly Spool _spool;

    public SpoolFileTests() => _spool = new Spool([_directory.Path], Limit, TimeProvider.System, _log);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Append_SeveralTimes_WritesOneBehindTheOther()
    {
        SpoolFile file = await OpenAsync();
        byte[] first = Bytes(BodyChunks.ChunkSize + 1000);
        byte[] second = Bytes(70_001);
        Assert.True(await file.AppendAsync(Chunks(first)));
        Assert.True(await file.AppendAsync(Chunks(second)));

        Assert.Equal(first.Length + second.Length, file.Length);
        Assert.Equal(file.Length, _spool.Used);
        byte[] body = [.. first, .. second];
        Assert.Equal(body, await ReadAllAsync(file));
        file.Close();
    }

    [Fact]
    public async Task Read_AtAPosition_GivesAtMostWhatIsThere()
    {
        SpoolFile file = await OpenAsync();
        byte[] body = Bytes(100);
        await file.AppendAsync(Chunks(body));
        byte[] target = new byte[30];

        Assert.Equal(30, await file.ReadAsync(target, 50));
        Assert.Equal(body[50..80], target);
        Assert.Equal(10, await file.ReadAsync(target, 90));
        Assert.Equal(0, await file.ReadAsync(target, 100));
        file.Close();
    }

    [Fact]
    public async Task Append_BeyondTheLimitOfAllFiles_WritesNothingAndSaysWhichOption()
    {
        SpoolFile file = await OpenAsync();
        SpoolFile other = await OpenAsync();
        Assert.True(await file.AppendAsync(Chunks(Bytes(200_000))));

        Assert.False(await other.AppendAsync(Chunks(Bytes(100_001))));
        Assert.Equal(0, other.Length);
        Assert.Equal(200_000, _spool.Used);
        Assert.Contains("--spool-limit", Assert.Single(_log.Records).Text, StringComparison.Ordinal);
        Assert.True(await other.AppendAsync(Chunks(Bytes(100_000))));
        file.Close();
        other.Close();
    }

    [LinuxFact]
    public async Task Append_DiskIsFull_GivesTheSpaceBackAndSaysWhy()
    {
        var file = new SpoolFile(_spool, File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));

        Assert.False(await file.AppendAsync(Chunks(Bytes(1000))));
        Assert.Equal(0, file.Length);
        Assert.Equal(0, _spool.Used);
        Assert.Contains("No space left", Assert.Single(_log.Records).Text, StringComparison.OrdinalIgnoreCase);
        file.Close();
    }

    [Fact]
    public async Task Append_WorksAfterAFailure_IsSaid()
    {
        _spool.OnFailed("a test");
        SpoolFile file = await OpenAsync();
        Assert.True(await file.AppendAsync(Chunks(Bytes(1))));

        Assert.Equal(2, _log.Records.Count);
        Assert.Contains("again", _log.Records[1].Text, StringComparison.Ordinal);
        file.Close();
    }

    [Fact]
    public async Task Close_File_EndsTheHandleAndGivesItsSpaceBack()
    {
        SafeFileHandle handle = UnnamedFile.TryOpen(_directory.Path, out _)!;
        var file = new SpoolFile(_spool, handle);
        SpoolFile other = await OpenAsync();
        await file.AppendAsync(Chunks(Bytes(1000)));
        await other.AppendAsync(Chunks(Bytes(10)));
        file.Close();

        await Eventually.HoldsAsync(() => _spool.Used == 10, "the space of the other file alone", () => $"{_spool.Used} bytes");
        Assert.True(handle.IsClosed);
        other.Close();
    }

    private async Task<SpoolFile> OpenAsync() => await _spool.OpenAsync() ?? throw new InvalidOperationException("no file");

    private static BodyChunks Chunks(byte[] data)
    {
        var chunks = new BodyChunks();
        chunks.Append(new ReadOnlySequence<byte>(data));
        return chunks;
    }

    private static byte[] Bytes(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> ReadAllAsync(SpoolFile file)
    {
        var result = new MemoryStream();
        byte[] target = new byte[50_000];
        while (await file.ReadAsync(target, result.Length) is > 0 and int count)
        {
            result.Write(target, 0, count);
        }

        return result.ToArray();
    }
}
