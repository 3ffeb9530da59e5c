using Hydra.Dispatch;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Workers.Links;
using Xunit;

namespace Hydra.Tests.Http.Fakes;

public sealed class FakeFleetTests
{
    [Fact]
    public async Task ServeAsync_TwoWorkersAndAScript_AnswersWhatIsSubmittedOnAnyThread()
    {
        using var fleet = new FakeFleet(new FakeUpstream(index: 0, threads: 1), new FakeUpstream(index: 1, threads: 1));
        FakeStream[] streams = [.. Enumerable.Range(0, 20).Select(i => new FakeStream($"/{i}"))];
        Task answered = Task.Run(async () =>
        {
            foreach (FakeStream stream in streams)
            {
                fleet.Dispatcher.Submit(stream, 0);
            }

            await Eventually.HoldsAsync(() => streams.All(stream => stream.Events.Count > 0), "an answer to each request");
        });
        HashSet<int> used = [];
        await fleet.ServeAsync(answered, (worker, request) =>
        {
            used.Add(worker.Handle.Index);
            worker.Respond(request.Id, 200 + int.Parse(request.Path[1..]));
        });

        Assert.All(streams, (stream, i) => Assert.Equal([$"response {200 + i} end"], stream.Events));
        Assert.Equal([0, 1], used.Order());
    }

    [Fact]
    public void Crash_WorkerWithARequest_LosesItAndTheOtherGetsTheNext()
    {
        using var fleet = new FakeFleet(new FakeUpstream(index: 0, threads: 1));
        var lost = new FakeStream("/lost");
        fleet.Dispatcher.Submit(lost, 0);
        fleet.Crash(fleet.Workers[0]);
        var next = new FakeStream("/next");
        fleet.Dispatcher.Submit(next, 0);
        Assert.Equal(1, fleet.Dispatcher.QueueLength);
        fleet.Add(new FakeUpstream(index: 1, threads: 1));
        Assert.True(fleet.ServeOnce((worker, request) => worker.Respond(request.Id)));

        Assert.Equal(["lost LinkLostAlone"], lost.Events);
        Assert.Equal(["response 200 end"], next.Events);
    }

    [Fact]
    public void Options_OfTheQueue_AreTheDispatchers()
    {
        using var fleet = new FakeFleet(new DispatchOptions { QueueSize = 1 });
        FakeStream[] streams = [new("/1"), new("/2")];
        Assert.All(streams, stream => fleet.Dispatcher.Submit(stream, 0));

        Assert.Equal(["QueueFull", "refused"], streams[1].Events);
    }
}
