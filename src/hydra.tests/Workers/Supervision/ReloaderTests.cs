using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>Which workers a reload replaces, and when it is over.</summary>
public class ReloaderTests
{
    private static readonly WorkerFailure Broken = new(StartFailure.ModuleNotFound, "it is broken", "");

    [Fact]
    public void Request_WorkersThatWaitForTheirStart_AreDueAndNotAmongThoseToReplace()
    {
        using var harness = new RosterHarness(workers: 2);
        WorkerSlot dead = harness.Roster.Slots[1];
        dead.Serving = null;
        dead.StartAt = TimeSpan.FromSeconds(10);
        harness.Reloader.Request();

        Assert.Equal(TimeSpan.Zero, dead.StartAt);
        Assert.Equal([true, false], harness.Roster.Slots.Select(harness.Reloader.Contains));
        Assert.Equal(1, harness.Reloader.Generation);
    }

    [Fact]
    public void Request_AgainWhileOneIsUnderWay_FollowsItOnce()
    {
        using var harness = new RosterHarness();
        harness.Reloader.Request();
        harness.Replacements.Advance();
        harness.Reloader.Request();
        harness.Reloader.Request();
        Assert.Equal(1, harness.Reloader.Generation);

        harness.Reloader.OnReady(harness.Last);
        Assert.Equal(2, harness.Reloader.Generation);
        Assert.True(harness.Reloader.IsActive);
        Assert.False(harness.Reloader.IsProven);
    }

    [Fact]
    public void TryAbandon_FirstOfTheNewCode_GivesUpAndTheOldServeOn()
    {
        using var harness = new RosterHarness(workers: 2);
        harness.Reloader.Request();
        harness.Replacements.Advance();
        Worker first = harness.Last;
        harness.Roster.Remove(first);

        Assert.True(harness.Reloader.TryAbandon(first, Broken));
        Assert.False(harness.Reloader.IsActive);
        Assert.All(harness.Roster.Slots, slot => Assert.Equal(WorkerState.Ready, slot.Serving!.State));
        Assert.Single(harness.Lines("it is broken"));
    }

    [Fact]
    public void TryAbandon_NewCodeHasStartedOnce_GoesOn()
    {
        using var harness = new RosterHarness(workers: 2);
        harness.Reloader.Request();
        harness.Replacements.Advance();
        harness.Reloader.OnReady(harness.Last);
        harness.Replacements.Advance();

        Assert.False(harness.Reloader.TryAbandon(harness.Last, Broken));
        Assert.True(harness.Reloader.IsActive);
    }

    [Fact]
    public void Drop_TheLast_CompletesTheReload()
    {
        using var harness = new RosterHarness();
        harness.Reloader.Request();
        harness.Reloader.Drop(harness.Roster.Slots[0]);

        Assert.False(harness.Reloader.IsActive);
        Assert.Single(harness.Lines("1 worker was replaced"));
    }
}
