using Hydra.Dispatch;
using Hydra.Tests.Workers.Links;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class DispatcherTests : IDisposable
{
    private readonly Dispatcher _dispatcher = new();

    public void Dispose() => _dispatcher.Dispose();

    [Fact]
    public void Submit_NoWorker_WaitsAndIsSentInOrderWhenOneComes()
    {
        Submit("/1", "/2");
        Assert.Equal(2, _dispatcher.QueueLength);

        FakeWorker worker = Add(FakeWorker.Quick());

        Assert.Equal(0, _dispatcher.QueueLength);
        Assert.Equal(0, _dispatcher.QueueBytes);
        Assert.Equal(["/1", "/2"], worker.TakePaths());
    }

    [Fact]
    public void Submit_TwoWorkers_GoesToTheLessBusy()
    {
        FakeWorker first = Add(FakeWorker.Quick());
        FakeWorker second = Add(FakeWorker.Quick());
        Submit("/1", "/2", "/3", "/4", "/5", "/6");

        Assert.Equal(3, first.Handle.InFlight);
        Assert.Equal(3, second.Handle.InFlight);
    }

    [Fact]
    public void Submit_LinkOfTheOnlyWorkerClosed_Waits()
    {
        FakeWorker worker = Add(new FakeWorker());
        worker.Channel.Close();

        Submit("/");

        Assert.Equal(1, _dispatcher.QueueLength);
        Assert.Equal(["/"], Add(new FakeWorker()).TakePaths());
    }

    [Fact]
    public void Submit_LinkOfOneWorkerClosed_GoesToTheOther()
    {
        FakeWorker dead = Add(FakeWorker.Quick());
        FakeWorker alive = Add(FakeWorker.Quick());
        dead.Channel.Close();

        Submit("/1", "/2", "/3", "/4");

        Assert.Equal(4, alive.Handle.InFlight);
        Assert.Equal(0, dead.Handle.InFlight);
    }

    [Fact]
    public void Remove_Worker_GetsNothingMore()
    {
        FakeWorker worker = Add(new FakeWorker());
        _dispatcher.Remove(worker.Handle);

        Submit("/");

        Assert.Equal(0, worker.Handle.InFlight);
        Assert.Equal(1, _dispatcher.QueueLength);
    }

    [Fact]
    public void Close_WaitingAndLaterRequests_AreRefused()
    {
        FakeStream waiting = Submit("/")[0];
        _dispatcher.Close();
        FakeStream later = Submit("/")[0];

        Assert.Equal(["Closing", "refused"], waiting.Events);
        Assert.Equal(["Closing", "refused"], later.Events);
    }

    [Fact]
    public void Submit_WsgiWorkerIsBusy_WaitsForItsAnswer()
    {
        FakeWorker worker = Add(new FakeWorker(threads: 1));
        Submit("/slow", "/next");
        ulong slow = Assert.Single(worker.TakeRequests()).Id;

        worker.Answer(slow);

        Assert.Equal(["/next"], worker.TakePaths());
    }

    [Fact]
    public void Submit_OneOfTwoWsgiWorkersIsStuck_TheOtherServesAll()
    {
        FakeWorker stuck = Add(new FakeWorker(threads: 1));
        Submit("/slow");
        FakeWorker other = Add(new FakeWorker(threads: 1));
        Submit("/1", "/2", "/3");
        Assert.Equal(["/slow"], stuck.TakePaths());

        foreach (string path in new[] { "/1", "/2", "/3" })
        {
            (ulong id, string sent, _) = Assert.Single(other.TakeRequests());
            Assert.Equal(path, sent);
            other.Answer(id);
        }

        Assert.Empty(stuck.TakePaths());
    }

    [Fact]
    public void Submit_EventLoopDoesNotRead_GetsNoMoreUntilItDoes()
    {
        FakeWorker worker = Add(new FakeWorker());
        Submit("/1", "/2", "/3");
        ulong first = Assert.Single(worker.TakeRequests()).Id;

        worker.Take(first);

        // Both run now: an event loop may have any number under way.
        Assert.Equal(["/2"], worker.TakePaths());
        Assert.Equal(2, worker.Handle.InFlight);
    }

    [Fact]
    public void Submit_LimitOfConcurrency_IsNotExceeded()
    {
        FakeWorker worker = Add(new FakeWorker(limit: 2));
        worker.Handle.Window.Report(1, 1000);
        Submit("/1", "/2", "/3");
        List<(ulong Id, string Path, uint)> sent = worker.TakeRequests();
        Assert.Equal(["/1", "/2"], sent.Select(r => r.Path));

        worker.Take(sent[1].Id);
        Assert.Empty(worker.TakePaths());
        worker.Answer(sent[0].Id);
        Assert.Equal(["/3"], worker.TakePaths());
    }

    [Fact]
    public void Submit_OthersWait_DoesNotOvertakeThem()
    {
        Submit("/1", "/2");
        FakeWorker worker = Add(new FakeWorker(threads: 1));
        Submit("/3");
        for (int i = 1; i <= 3; i++)
        {
            (ulong id, string path, _) = Assert.Single(worker.TakeRequests());
            Assert.Equal($"/{i}", path);
            worker.Answer(id);
        }
    }

    [Fact]
    public void Submit_RequestThatWasSentBefore_GoesBeforeTheOthersWhateverTheBounds()
    {
        using var dispatcher = new Dispatcher(new DispatchOptions { QueueSize = 1 });
        dispatcher.Submit(new FakeStream("/waits"), 0);
        dispatcher.Submit(new FakeStream("/again-1") { IsRetry = true }, 0);
        dispatcher.Submit(new FakeStream("/again-2") { IsRetry = true }, 0);
        FakeWorker worker = FakeWorker.Quick();
        dispatcher.Add(worker.Handle);

        Assert.Equal(["/again-1", "/again-2", "/waits"], worker.TakePaths());
    }

    [Fact]
    public void Submit_WorkerThatDoesNotAnswer_IsChosenLast()
    {
        FakeWorker silent = Add(new FakeWorker());
        FakeWorker other = Add(new FakeWorker(threads: 2, limit: 2));
        silent.Handle.IsSilent = true;
        Submit("/1", "/2", "/3");

        Assert.Equal(["/1", "/2"], other.TakePaths());
        Assert.Equal(["/3"], silent.TakePaths());
    }

    [Fact]
    public void Cancel_WorkerIsThrough_FreesThePlaceForOneThatWaits()
    {
        FakeWorker worker = Add(new FakeWorker(limit: 1));
        FakeStream[] streams = Submit("/1", "/2");
        (ulong id, _, _) = Assert.Single(worker.TakeRequests());
        worker.Take(id);

        worker.Handle.LinkFor(0).Cancel(streams[0].Id, Hydra.Protocol.CancelReason.ClientLeft);
        Assert.Equal(1, _dispatcher.QueueLength);
        worker.Answer(id);

        Assert.Equal(1, worker.Handle.InFlight);
        Assert.Equal(0, _dispatcher.QueueLength);
    }

    private FakeStream[] Submit(params string[] paths)
    {
        FakeStream[] streams = [.. paths.Select(path => new FakeStream(path))];
        foreach (FakeStream stream in streams)
        {
            _dispatcher.Submit(stream, 0);
        }

        return streams;
    }

    private FakeWorker Add(FakeWorker worker)
    {
        _dispatcher.Add(worker.Handle);
        return worker;
    }
}
