using Hydra.Tests.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>Which worker is replaced next.</summary>
public class ReplacementsTests
{
    [Fact]
    public void Ask_ReasonThatNeedsNoReplacement_DrainsAtOnceAndStartsNone()
    {
        using var harness = new RosterHarness();
        harness.Replacements.Ask(harness.Last, RetireReason.ScaleDown);
        harness.Replacements.Advance();

        Assert.Equal(WorkerState.Draining, Assert.Single(harness.Started).State);
    }

    [Fact]
    public void Advance_SeveralWishes_TheMoreUrgentComesFirstAndAlone()
    {
        using var harness = new RosterHarness(workers: 2);
        harness.Replacements.Ask(harness.Started[0], RetireReason.MaxRequests);
        harness.Replacements.Ask(harness.Started[1], RetireReason.MaxRequests);
        harness.Replacements.Ask(harness.Started[1], RetireReason.MaxRss);
        harness.Replacements.Advance();

        Assert.Equal(3, harness.Started.Count);
        Assert.Equal(1, harness.Last.Index);
        Assert.Equal(RetireReason.MaxRss, harness.Started[1].Life.Reason);
        Assert.Equal(WorkerState.Ready, harness.Started[0].State);
    }

    // They reach their limits faster than they may be replaced.
    [Fact]
    public void Advance_AllAreOverTheirLimitAgain_EachHasItsTurn()
    {
        using var harness = new RosterHarness(workers: 3);
        List<int> replaced = [];
        for (int i = 0; i < 6; i++)
        {
            harness.Clock.Now += TimeSpan.FromHours(1);
            foreach (WorkerSlot slot in harness.Roster.Slots)
            {
                harness.Replacements.Ask(slot.Serving!, RetireReason.MaxRequests);
            }

            harness.Replacements.Advance();
            replaced.Add(harness.Last.Index);
            harness.Ready(harness.Last);
            harness.Replacements.TakeOver(harness.Roster.Slots[harness.Last.Index], harness.Last);
        }

        Assert.Equal([0, 1, 2, 0, 1, 2], replaced);
    }

    [Fact]
    public void TakeOver_OldIsEndingAlready_IsLeftToEnd()
    {
        using var harness = new RosterHarness();
        Worker old = harness.Last;
        WorkerSlot slot = harness.Roster.Slots[0];
        harness.Replacements.Ask(old, RetireReason.Hung);
        harness.Replacements.Advance();
        harness.Departures.OnLinkClosed(old, null);

        harness.Replacements.TakeOver(slot, harness.Last);
        Assert.Same(harness.Last, slot.Serving);
        Assert.Equal([old], slot.Leaving);
        Assert.Equal(WorkerState.Ending, old.State);
    }

    [Theory]
    [InlineData(nameof(RetireReason.Reload))]
    [InlineData(nameof(RetireReason.Hung))]
    [InlineData(nameof(RetireReason.TemplateLost))]
    [InlineData(nameof(RetireReason.MaxRss))]
    public void Advance_TwoOfItsIndexStillDrain_WaitsForOneOfThem(string third)
    {
        using var harness = new RosterHarness();
        WorkerSlot slot = harness.Roster.Slots[0];
        for (int i = 0; i < 2; i++)
        {
            WorkerHarness.Open(harness.Last);
            harness.Reloader.Request();
            harness.Replacements.Advance();
            harness.Ready(harness.Last);
            harness.Replacements.TakeOver(slot, harness.Last);
            harness.Reloader.OnReady(harness.Last);
        }

        RetireReason reason = Enum.Parse<RetireReason>(third);
        if (reason is RetireReason.Reload)
        {
            harness.Reloader.Request();
        }
        else
        {
            harness.Clock.Now += TimeSpan.FromHours(1);
            harness.Replacements.Ask(harness.Last, reason);
        }

        harness.Replacements.Advance();
        Assert.Equal(3, harness.Started.Count);

        harness.Roster.Remove(harness.Started[0]);
        harness.Replacements.Advance();
        Assert.Equal(4, harness.Started.Count);
    }
}
