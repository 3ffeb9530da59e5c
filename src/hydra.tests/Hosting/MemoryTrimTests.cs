using Hydra.Hosting;
using Xunit;

namespace Hydra.Tests.Hosting;

public class MemoryTrimTests
{
    private const long Megabyte = 1024 * 1024;

    private readonly MemoryTrim _trim = new();

    [Theory]
    [InlineData(40, 0)]
    [InlineData(63, 10)]
    [InlineData(400, 101)]
    public void Look_AtLittleOrAtWhatIsInUse_IsNotDue(long workingSet, long held)
        => Assert.All(Enumerable.Range(0, 300), _ => Assert.False(IsDue(workingSet, held)));

    [Fact]
    public void Look_AfterAWave_IsDueAfterTwo()
    {
        Assert.False(IsDue(300, 0));
        Assert.True(IsDue(300, 0));
    }

    [Fact]
    public void Look_AsLongAsItHelps_GoesOn()
    {
        WaitUntilDue(300);
        Done(300, 200);
        Assert.True(IsDue(200, 0));
        Done(200, 100);
        Assert.True(IsDue(100, 0));
        Done(100, 95);
        Assert.Equal(0, DueIn(95, 100));
    }

    [Fact]
    public void Look_WhereWhatWasGivenBackIsNeededAgain_IsMoreAndMoreSeldom()
    {
        List<int> pauses = [];
        for (int i = 0; i < 10; i++)
        {
            pauses.Add(WaitUntilDue(300));
            Done(300, 100);
            if (IsDue(100, 0))
            {
                Done(100, 100);
            }
        }

        Assert.Equal(pauses.Order(), pauses);
        Assert.InRange(pauses[^1], 100, 200);
    }

    [Fact]
    public void Look_AfterARest_IsReadyForTheNextWave()
    {
        for (int i = 0; i < 10; i++)
        {
            WaitUntilDue(300);
            Done(300, 100);
            Assert.True(IsDue(100, 0));
            Done(100, 100);
        }

        Assert.Equal(0, DueIn(100, 20));
        Assert.InRange(WaitUntilDue(300), 1, 2);
    }

    private bool IsDue(long workingSet, long held) => _trim.IsDue(workingSet * Megabyte, held * Megabyte);

    private void Done(long before, long after) => _trim.Done(before * Megabyte, after * Megabyte);

    // How many of a number of looks are due.
    private int DueIn(long workingSet, int looks) => Enumerable.Range(0, looks).Count(_ => IsDue(workingSet, 0));

    private int WaitUntilDue(long workingSet)
    {
        int looks = 1;
        for (; !IsDue(workingSet, 0); looks++)
        {
            Assert.True(looks < 1000, "it is due some time");
        }

        return looks;
    }
}
