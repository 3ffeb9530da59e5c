using System.Globalization;
using System.Text;
using Hydra.Dispatch;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class AffinityPlaceTests
{
    private const int Keys = 100_000;
    private static readonly string[] Tenants = ["acme", "globex", "initech"];

    [Fact]
    public void Weight_OneWorkerMoreThanEight_MovesItsShareAndNothingElse()
    {
        int moved = 0;
        for (int i = 0; i < Keys; i++)
        {
            int before = PlaceOf(i, 8);
            int after = PlaceOf(i, 9);
            if (after != before)
            {
                Assert.Equal(8, after);
                moved++;
            }
        }

        Assert.InRange(moved, 1, (int)(Keys * (1 / 8.0 + 0.02)));
    }

    [Fact]
    public void Weight_OneWorkerLess_MovesOnlyWhatItHad()
    {
        foreach (int lost in new[] { 0, 3, 7 })
        {
            for (int i = 0; i < Keys / 10; i++)
            {
                int before = PlaceOf(i, 8);
                Assert.True(before == lost || before == PlaceOf(i, 8, lost));
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(64)]
    public void Weight_ManyKeys_AreSpreadEvenly(int workers)
    {
        int[] counts = new int[workers];
        for (int i = 0; i < Keys; i++)
        {
            counts[PlaceOf(i, workers)]++;
        }

        double share = (double)Keys / workers;
        Assert.All(counts, count => Assert.InRange(count, share * 0.85, share * 1.15));
    }

    // Files that a worker keeps for its keys would else be another's after the next start.
    [Fact]
    public void Weight_SameKey_IsTheSameInEveryRun()
        => Assert.Equal([1, 7, 4], Tenants.Select(static name => PlaceOf(KeyHash.ForPlace(Encoding.ASCII.GetBytes(name)), 8)));

    private static int PlaceOf(int key, int workers, int without = -1)
        => PlaceOf(KeyHash.ForPlace(Encoding.ASCII.GetBytes(key.ToString(CultureInfo.InvariantCulture))), workers, without);

    private static int PlaceOf(ulong key, int workers, int without = -1)
        => Enumerable.Range(0, workers).Where(index => index != without).MaxBy(index => AffinityPlace.Weight(key, index));
}
