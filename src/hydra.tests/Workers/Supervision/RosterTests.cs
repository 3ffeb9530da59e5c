using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public class RosterTests
{
    [Fact]
    public void WantOneMore_IndexIsFree_UsesTheLowestAndItsStartIsDue()
    {
        using var harness = new RosterHarness(workers: 3);
        harness.Roster.Slots[1].IsWanted = false;

        harness.Roster.WantOneMore();
        harness.Roster.WantOneMore();

        Assert.Equal(4, harness.Roster.Wanted);
        Assert.Equal([null, TimeSpan.Zero, null, TimeSpan.Zero], harness.Roster.Slots.Select(slot => slot.StartAt));
    }

    [Fact]
    public void Start_SecondOfAnIndex_BothOwnItsLinksUntilOneIsRemoved()
    {
        using var harness = new RosterHarness(workers: 2);
        WorkerSlot slot = harness.Roster.Slots[1];
        harness.Roster.Start(slot, generation: 7, worker => slot.Replacement = worker);

        Assert.Same(harness.Last, slot.Replacement);
        Assert.Equal(7, harness.Last.Life.Generation);
        Assert.Equal([harness.Started[1].Links, harness.Last.Links], harness.Roster.OwnersOf(1));

        harness.Roster.Remove(harness.Started[1]);
        Assert.Equal([harness.Last.Links], harness.Roster.OwnersOf(1));
        Assert.Null(slot.Serving);
        Assert.Equal([harness.Started[0], harness.Last], harness.Roster.Alive);
    }
}
