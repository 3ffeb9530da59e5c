using Hydra.Tests.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public sealed class ConcurrencyCheckTests
{
    [Fact]
    public void Look_RequestsThatAreNotAnswered_CloseTheWindowAndItOpensAgain()
    {
        using var harness = new RosterHarness(workers: 1);
        Worker worker = harness.Last;
        var check = new ConcurrencyCheck(harness.Roster, harness.Log);
        double now = 0;
        void Look(int times)
        {
            for (int i = 0; i < times; i++)
            {
                check.Look(TimeSpan.FromSeconds(now += 0.1));
            }
        }

        Look(1);
        harness.Answer(worker, Open(worker));
        Look(6);
        Assert.Equal(AdaptiveLimit.First, check.Limit);

        FakeStream[] waiting = [.. Enumerable.Range(0, 100).Select(_ => Open(worker))];
        Look(40);
        Assert.Equal(AdaptiveLimit.Least, check.Limit);
        Assert.False(worker.Handle.Window.HasRoom);
        Assert.Single(harness.Lines("--limit-concurrency auto"));

        Array.ForEach(waiting, stream => harness.Answer(worker, stream));
        Look(1);
        Assert.True(worker.Handle.Window.HasRoom);
    }

    // The event loop has taken it.
    private static FakeStream Open(Worker worker)
    {
        FakeStream stream = WorkerHarness.Open(worker);
        worker.Handle.Window.OnTaken(1);
        return stream;
    }
}
