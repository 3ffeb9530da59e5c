using Hydra.Coding;
using Hydra.Files;
using Xunit;

namespace Hydra.Tests.Files;

public sealed class HotFilesTests
{
    [Fact]
    public void Fresh_LookedAtASecondAgo_IsNotFreshAnyMore()
    {
        var hot = new HotFiles(2, 1024 * 1024);
        FoundFile file = File(10);
        hot.Keep(0, "/a"u8, file, 5000);

        Assert.Same(file, hot.Fresh(0, "/a"u8, 5999));
        Assert.Null(hot.Fresh(0, "/a"u8, 6000));
        Assert.Null(hot.Fresh(1, "/a"u8, 5000));
        Assert.Null(hot.Fresh(0, "/b"u8, 5000));
        Assert.Same(file, hot.Any(0, "/a"u8));
        hot.Confirm(0, "/a"u8, 6000);
        Assert.Same(file, hot.Fresh(0, "/a"u8, 6000));
        hot.Forget(0, "/a"u8);
        Assert.Null(hot.Any(0, "/a"u8));
        Assert.Equal(0, hot.Size);
    }

    [Fact]
    public void Keep_MoreThanFits_DropsWhatWasUsedLongestAgo()
    {
        var hot = new HotFiles(1, 100 * 1024);
        for (int i = 0; i < 9; i++)
        {
            hot.Keep(0, Path(i), File(10 * 1024), 1000 + i);
        }

        Assert.NotNull(hot.Fresh(0, Path(0), 1900));
        hot.Keep(0, Path(9), File(10 * 1024), 1010);

        Assert.InRange(hot.Size, 1, 100 * 1024);
        Assert.NotNull(hot.Any(0, Path(0)));
        Assert.NotNull(hot.Any(0, Path(9)));
        Assert.Null(hot.Any(0, Path(1)));
    }

    [Fact]
    public void Keep_TheSameAgain_IsCountedOnce()
    {
        var hot = new HotFiles(1, 1024 * 1024);
        hot.Keep(0, "/a"u8, File(10), 1);
        long size = hot.Size;
        hot.Keep(0, "/a"u8, File(10), 2);

        Assert.Equal(size, hot.Size);
    }

    [Fact]
    public void Keep_NoMemory_KeepsNothing()
    {
        var hot = new HotFiles(1, 0);
        hot.Keep(0, "/a"u8, File(10), 1);

        Assert.Null(hot.Any(0, "/a"u8));
        Assert.Equal(0, hot.Size);
    }

    [Fact]
    public async Task Keep_ManyThreads_LosesNoByteOfItsCount()
    {
        var hot = new HotFiles(1, 64 * 1024);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (int i = 0; i < 5000; i++)
            {
                byte[] path = Path(random.Next(40));
                if (random.Next(4) == 0)
                {
                    hot.Forget(0, path);
                }
                else if (hot.Fresh(0, path, i) is null)
                {
                    hot.Keep(0, path, File(random.Next(8 * 1024)), i);
                }
            }
        })));
        Assert.InRange(hot.Size, 0, 64 * 1024);
        for (int i = 0; i < 40; i++)
        {
            hot.Forget(0, Path(i));
        }

        Assert.Equal(0, hot.Size);
    }

    private static byte[] Path(int i) => [(byte)'/', (byte)('A' + i)];

    private static FoundFile File(int size)
        => new(new Representation(new FileMark(size, 0, 0), ContentCoding.Identity, new byte[size], null), [], "text/css", CacheRules.Ask);
}
