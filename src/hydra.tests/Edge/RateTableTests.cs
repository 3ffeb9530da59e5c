using Hydra.Edge;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary>When a client may come again: 10 ticks for a request, 3 at once.</summary>
public sealed class RateTableTests
{
    private const long Start = 1_000_000;

    private readonly RateTable _table = new(interval: 10, burst: 3, sets: 2);

    [Fact]
    public void Take_Burst_IsTakenAndThenOneAtATime()
    {
        Assert.Equal([0, 0, 0, 10], Enumerable.Range(0, 4).Select(_ => _table.Take(1, Start)));
        Assert.Equal(1, _table.Take(1, Start + 9));
        Assert.Equal(0, _table.Take(1, Start + 10));
        Assert.Equal(10, _table.Take(1, Start + 10));
    }

    [Fact]
    public void Take_AfterARest_HasNoMoreThanTheBurst()
        => Assert.Equal([0, 0, 0, 0, 10], [_table.Take(1, Start), .. Enumerable.Range(0, 4).Select(_ => _table.Take(1, Start + 100_000))]);

    [Fact]
    public void Take_Refused_CostsNothing()
    {
        for (int i = 0; i < 1000; i++)
        {
            _table.Take(1, Start);
        }

        Assert.Equal(0, _table.Take(1, Start + 10));
    }

    [Fact]
    public void Take_OtherClients_AreNotHeldUp()
    {
        for (int i = 0; i < 3; i++)
        {
            _table.Take(2, Start);
        }

        Assert.Equal(0, _table.Take(4, Start));
        Assert.True(_table.Take(2, Start) > 0);
    }

    [Fact]
    public void Take_AMillionClients_TakeNoMoreMemoryAndAreServed()
    {
        var table = new RateTable(interval: 10, burst: 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var random = new Random(1);
        long waits = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            waits += table.Take((ulong)random.NextInt64(), Start);
        }

        Assert.Equal(0, waits);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Take_OneWhoComesAllTheTime_KeepsItsPlaceAmongStrangers()
    {
        // It may come again later than they may: they take each other's places.
        for (int i = 0; i < 3; i++)
        {
            _table.Take(2, Start);
        }

        for (ulong stranger = 4; stranger < 2000; stranger += 2)
        {
            Assert.Equal(0, _table.Take(stranger, Start));
        }

        Assert.True(_table.Take(2, Start) > 0);
    }
}
