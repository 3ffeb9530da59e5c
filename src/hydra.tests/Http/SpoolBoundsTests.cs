using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>When a <see cref="Spool"/> cannot take a body: nothing is lost of its space, and the log hears of it once.</summary>
public sealed class SpoolBoundsTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly RecordingLogger _log = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TryTake_BeyondTheLimit_TakesNothingAndNamesTheOption()
    {
        Spool spool = NewSpool(_directory.Path);
        Assert.True(spool.TryTake(600));
        Assert.False(spool.TryTake(401));
        Assert.Equal(600, spool.Used);
        Assert.Contains("--spool-limit", Assert.Single(_log.Records).Text, StringComparison.Ordinal);

        spool.Give(600);
        Assert.True(spool.TryTake(1000));
    }

    [Fact]
    public async Task Open_NoDirectoryWorks_GivesNothingAndSaysOfEachWhy()
    {
        string first = _directory.Write("first", "");
        string second = _directory.Write("second", "");

        Assert.Null(await NewSpool(first, second).OpenAsync());
        string text = Assert.Single(_log.Records).Text;
        Assert.Contains(first, text, StringComparison.Ordinal);
        Assert.Contains(second, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnFailed_ManyThreads_IsSaidOnceAndCounted()
    {
        const int Threads = 8;
        const int Each = 500;
        Spool spool = NewSpool(_directory.Path);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                spool.OnFailed("a test");
            }
        })));
        Assert.Single(_log.Records);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(spool.OnWorks)));

        Assert.Equal(2, _log.Records.Count);
        Assert.Contains($"; {(Threads * Each) - 1} more", _log.Records[1].Text, StringComparison.Ordinal);
    }

    private Spool NewSpool(params string[] directories) => new(directories, 1000, new FixedTime(), _log);

    // No time passes: the log repeats itself after a minute.
    private sealed class FixedTime : TimeProvider
    {
        public override long GetTimestamp() => 1;
    }
}
