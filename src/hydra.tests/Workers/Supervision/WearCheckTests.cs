using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>Which workers are old.</summary>
public class WearCheckTests
{
    [Fact]
    public void Look_RequestsReached_WishesAReplacementAndSaysWhy()
    {
        using var harness = new RosterHarness(workers: 2, recycle: new RecycleOptions { MaxRequests = 2 });
        var wear = new WearCheck(harness.Roster);
        harness.Answer(harness.Last, WorkerHarness.Open(harness.Last));
        wear.Look(TimeSpan.Zero);
        Assert.All(harness.Roster.Slots, slot => Assert.Null(slot.Wish));

        WorkerHarness.Open(harness.Last);
        wear.Look(TimeSpan.Zero);
        Assert.Equal([null, RetireReason.MaxRequests], harness.Roster.Slots.Select(slot => slot.Wish));
        Assert.Equal("it was given 2 requests, its limit is 2", WearCheck.Describe(harness.Last, RetireReason.MaxRequests, TimeSpan.Zero));
    }

    [Fact]
    public void Look_AgeReached_WishesAReplacementOfTheReadyAlone()
    {
        using var harness = new RosterHarness(workers: 2, recycle: new RecycleOptions { MaxLifetime = TimeSpan.FromHours(1) });
        harness.Last.Life.MoveTo(WorkerState.Retiring);
        new WearCheck(harness.Roster).Look(TimeSpan.FromHours(1));

        Assert.Equal([RetireReason.MaxLifetime, null], harness.Roster.Slots.Select(slot => slot.Wish));
    }

    [Fact]
    public void Describe_OtherReason_IsTheTextOfItsRule()
    {
        using var harness = new RosterHarness();

        Assert.Equal("it hangs", WearCheck.Describe(harness.Last, RetireReason.Hung, TimeSpan.Zero));
    }
}
