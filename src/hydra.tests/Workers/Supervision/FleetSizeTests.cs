using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>How many workers there are.</summary>
public class FleetSizeTests
{
    [Fact]
    public void Grow_UpToTheMost_WantsOneMoreAndSaysNoBeyondIt()
    {
        using var harness = new RosterHarness(workers: 3);
        harness.Size.Grow();
        harness.Size.Grow();

        Assert.Equal(4, harness.Roster.Wanted);
        Assert.Single(harness.Lines("as many as there may be"));
    }

    [Fact]
    public void Shrink_WithAReplacementUnderWay_DrainsTheOneAndEndsTheOther()
    {
        using var harness = new RosterHarness(workers: 2);
        harness.Replacements.Ask(harness.Started[1], RetireReason.Hung);
        harness.Replacements.Advance();
        harness.Size.Shrink();

        Assert.Equal([WorkerState.Ready, WorkerState.Draining, WorkerState.Ending], harness.Started.Select(worker => worker.State));
        Assert.Equal(1, harness.Roster.Wanted);
        harness.Size.Shrink();
        Assert.Single(harness.Lines("no fewer workers"));
    }

    [Fact]
    public void SetTo_WithinTheBounds_WantsSoMany()
    {
        using var harness = new RosterHarness(workers: 2);

        Assert.Null(harness.Size.SetTo(4));
        Assert.Equal(4, harness.Roster.Wanted);
        Assert.Null(harness.Size.SetTo(1));
        Assert.Equal(1, harness.Roster.Wanted);
        Assert.Equal(WorkerState.Draining, harness.Started[1].State);
    }

    [Theory]
    [InlineData(null, 0, "there may be 1 to 4 workers")]
    [InlineData(null, 5, "there may be 1 to 4 workers")]
    [InlineData(3, 1, "there may be 2 to 3 workers, as --workers says")]
    public void SetTo_BeyondTheBounds_ChangesNothingAndSaysWhy(int? maximum, int count, string why)
    {
        using var harness = new RosterHarness(workers: 2, maximum: maximum);

        Assert.Equal(why, harness.Size.SetTo(count));
        Assert.Equal(2, harness.Roster.Wanted);
    }

    [Fact]
    public void Look_RequestsWait_WantsOneMore()
    {
        using var harness = new RosterHarness(workers: 1, maximum: 2);
        harness.Figures = new QueueFigures(1, TimeSpan.FromMilliseconds(50));
        harness.Size.Look(TimeSpan.FromSeconds(2));
        harness.Size.Look(TimeSpan.FromSeconds(2) + ScalePolicy.GrowTime);

        Assert.Equal(2, harness.Roster.Wanted);
        Assert.Single(harness.Lines("requests wait 50 ms"));
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public void Look_FewerWouldNotHaveEnoughThreads_SessionsDoNotKeepWorkers(bool areSessions, int wanted)
    {
        using var harness = new RosterHarness(workers: 1, maximum: 2, threads: 1);
        harness.Roster.WantOneMore();
        harness.Ready(harness.StartServing(harness.Roster.Slots[1]));
        foreach (Worker worker in harness.Started)
        {
            _ = areSessions ? WorkerHarness.OpenSession(worker) : WorkerHarness.Open(worker);
        }

        harness.Size.Look(TimeSpan.FromSeconds(5));
        harness.Size.Look(TimeSpan.FromSeconds(5) + harness.Options.Scale.Idle);
        Assert.Equal(wanted, harness.Roster.Wanted);
    }
}
