using Hydra.Dispatch;
using Hydra.Tests.Workers;
using Hydra.Workers;
using Xunit;

namespace Hydra.Tests.Dispatch;

public class DispatcherTests
{
    private readonly Dispatcher _dispatcher = new();

    [Fact]
    public void Submit_NoWorker_WaitsAndIsSentInOrderWhenOneComes()
    {
        _dispatcher.Submit(new FakeStream("/1"), 0);
        _dispatcher.Submit(new FakeStream("/2"), 0);
        Assert.Equal(2, _dispatcher.QueueLength);

        FakeWorker worker = Add();

        Assert.Equal(0, _dispatcher.QueueLength);
        Assert.Equal(["/1", "/2"], worker.TakePaths());
    }

    [Fact]
    public void Submit_TwoWorkers_GoesToTheLessBusy()
    {
        FakeWorker first = Add();
        FakeWorker second = Add();
        for (int i = 0; i < 6; i++)
        {
            _dispatcher.Submit(new FakeStream(), 0);
        }

        Assert.Equal(3, first.Handle.InFlight);
        Assert.Equal(3, second.Handle.InFlight);
    }

    [Fact]
    public void Submit_LinkOfTheOnlyWorkerClosed_Waits()
    {
        FakeWorker worker = Add();
        worker.Channel.Close();

        _dispatcher.Submit(new FakeStream(), 0);

        Assert.Equal(1, _dispatcher.QueueLength);
        Assert.Equal(["/"], Add().TakePaths());
    }

    [Fact]
    public void Submit_LinkOfOneWorkerClosed_GoesToTheOther()
    {
        FakeWorker dead = Add();
        FakeWorker alive = Add();
        dead.Channel.Close();

        for (int i = 0; i < 4; i++)
        {
            _dispatcher.Submit(new FakeStream(), 0);
        }

        Assert.Equal(4, alive.Handle.InFlight);
    }

    [Fact]
    public void Remove_Worker_GetsNothingMore()
    {
        FakeWorker worker = Add();
        _dispatcher.Remove(worker.Handle);

        _dispatcher.Submit(new FakeStream(), 0);

        Assert.Equal(0, worker.Handle.InFlight);
        Assert.Equal(1, _dispatcher.QueueLength);
    }

    [Fact]
    public void Close_WaitingAndLaterRequests_AreRefused()
    {
        var waiting = new FakeStream();
        var later = new FakeStream();
        _dispatcher.Submit(waiting, 0);

        _dispatcher.Close();
        _dispatcher.Submit(later, 0);

        Assert.Equal(["refused"], waiting.Events);
        Assert.Equal(["refused"], later.Events);
    }

    [Fact]
    public void Add_AbandonedRequestWaits_IsDropped()
    {
        _dispatcher.Submit(new FakeStream("/gone") { IsWanted = false }, 0);
        _dispatcher.Submit(new FakeStream("/here"), 0);

        Assert.Equal(["/here"], Add().TakePaths());
    }

    private FakeWorker Add()
    {
        var worker = new FakeWorker();
        _dispatcher.Add(worker.Handle);
        return worker;
    }

    private sealed class FakeWorker
    {
        public FakeWorker()
        {
            var link = new WorkerLink(Channel, Handle, 0, (l, _) => l.Worker.Shut());
            link.Start();
            Handle.Open([link]);
        }

        public WorkerHandle Handle { get; } = new(0);

        public FakeChannel Channel { get; } = new();

        public List<string> TakePaths()
        {
            List<string> paths = [];
            foreach ((_, byte[] payload) in Channel.TakeFrames())
            {
                Assert.True(Hydra.Protocol.RequestMessage.TryRead(payload, out Hydra.Protocol.RequestMessage request));
                paths.Add(System.Text.Encoding.ASCII.GetString(request.RawPath));
            }

            return paths;
        }
    }
}
