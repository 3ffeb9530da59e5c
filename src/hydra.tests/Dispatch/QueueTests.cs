using Hydra.Dispatch;
using Hydra.Tests.Workers;
using Hydra.Tests.Workers.Links;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>The bounds of the queue, and what becomes of those that wait in it.</summary>
public sealed class QueueTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly RecordingLogger _log = new();
    private Dispatcher? _dispatcher;

    public void Dispose() => _dispatcher?.Dispose();

    [Fact]
    public void Submit_BeyondTheSize_IsRefusedAndSaidOnce()
    {
        Make(new DispatchOptions { QueueSize = 2 });
        FakeStream[] streams = Submit(4);

        Assert.Empty(streams[0].Events.Concat(streams[1].Events));
        Assert.Equal(["QueueFull", "refused"], streams[2].Events);
        Assert.Equal(["QueueFull", "refused"], streams[3].Events);
        Assert.Equal(2, _dispatcher!.QueueLength);
        Assert.Contains("the queue is full", Assert.Single(_log.Records).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Submit_BeyondTheBytes_IsRefused()
    {
        int size = new FakeStream("/0").RequestFrame.Length;
        Make(new DispatchOptions { QueueBytes = (2 * size) + 1 });
        FakeStream[] streams = Submit(3);

        Assert.Equal(["QueueFull", "refused"], streams[2].Events);
        Assert.Equal(2 * size, _dispatcher!.QueueBytes);
    }

    [Fact]
    public void Withdraw_Waiting_LeavesTheQueueWithItsBytes()
    {
        Make(new DispatchOptions());
        FakeStream[] streams = Submit(3);

        _dispatcher!.Withdraw(streams[1]);
        _dispatcher.Withdraw(streams[1]);

        Assert.Equal(2, _dispatcher.QueueLength);
        Assert.Equal(2 * streams[0].RequestFrame.Length, _dispatcher.QueueBytes);
        FakeWorker worker = FakeWorker.Quick();
        _dispatcher.Add(worker.Handle);
        Assert.Equal(["/0", "/2"], worker.TakePaths());
    }

    [Fact]
    public void Withdraw_FirstAndLast_KeepsTheOrderOfTheRest()
    {
        Make(new DispatchOptions());
        FakeStream[] streams = Submit(5);
        _dispatcher!.Withdraw(streams[0]);
        _dispatcher.Withdraw(streams[4]);
        Submit(1);

        FakeWorker worker = FakeWorker.Quick();
        _dispatcher.Add(worker.Handle);
        Assert.Equal(["/1", "/2", "/3", "/0"], worker.TakePaths());
    }

    [Fact]
    public void Submit_ClientHasLeft_IsNotKept()
    {
        Make(new DispatchOptions());
        _dispatcher!.Submit(new FakeStream { IsWanted = false }, 0);

        Assert.Equal(0, _dispatcher.QueueLength);
    }

    [Fact]
    public void Timer_RequestsThatHaveWaitedTooLong_AreRefusedAndTheOthersStay()
    {
        Make(new DispatchOptions { QueueTimeout = TimeSpan.FromSeconds(2) });
        FakeStream early = Submit(1)[0];
        _time.Advance(TimeSpan.FromSeconds(1.5));
        FakeStream late = Submit(1)[0];
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["QueueTimeout", "refused"], early.Events);
        Assert.InRange(early.QueueMicroseconds, 2_000_000u, 2_500_000u);
        Assert.Empty(late.Events);
        Assert.Equal(1, _dispatcher!.QueueLength);
        Assert.Contains("waited as long as they may", Assert.Single(_log.Records).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Timer_NoTimeout_WaitsForEver()
    {
        Make(new DispatchOptions { QueueTimeout = TimeSpan.Zero });
        FakeStream stream = Submit(1)[0];
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Empty(stream.Events);
    }

    [Fact]
    public void Timer_RunsOnlyWhileRequestsWait()
    {
        Make(new DispatchOptions());
        Assert.False(_time.IsTimerRunning);
        FakeStream stream = Submit(1)[0];
        Assert.True(_time.IsTimerRunning);
        _dispatcher!.Withdraw(stream);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(_time.IsTimerRunning);
    }

    [Fact]
    public void Queued_Request_HasItsWaitInTheFrameAndInTheFigures()
    {
        Make(new DispatchOptions());
        Submit(1);
        _time.Advance(TimeSpan.FromMilliseconds(120));
        Assert.Equal(TimeSpan.FromMilliseconds(120), _dispatcher!.QueueDelay);

        var worker = new FakeWorker();
        _dispatcher.Add(worker.Handle);

        Assert.Equal(120_000u, Assert.Single(worker.TakeRequests()).Queued);
        Assert.Equal(TimeSpan.FromMilliseconds(120), _dispatcher.QueueDelay);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, _dispatcher.QueueDelay);
    }

    [Theory]
    [InlineData(999, 0u)]
    [InlineData(1000, 1000u)]
    public void Queued_LessThanAMillisecond_IsNoWait(int microseconds, uint queued)
    {
        Make(new DispatchOptions());
        Submit(1);
        _time.Advance(TimeSpan.FromMicroseconds(microseconds));
        var worker = new FakeWorker();
        _dispatcher!.Add(worker.Handle);

        Assert.Equal(queued, Assert.Single(worker.TakeRequests()).Queued);
    }

    [Fact]
    public void Queued_RequestThatWaitsTwice_HasBothWaits()
    {
        Make(new DispatchOptions());
        FakeStream stream = Submit(1)[0];
        _time.Advance(TimeSpan.FromMilliseconds(100));
        var worker = new FakeWorker();
        _dispatcher!.Add(worker.Handle);
        worker.Channel.Close();
        stream.IsRetry = true;
        _dispatcher.Submit(stream, 0);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        var next = new FakeWorker();
        _dispatcher.Add(next.Handle);

        Assert.Equal(150_000u, Assert.Single(next.TakeRequests()).Queued);
    }

    [Fact]
    public void Refused_RetryAfter_IsTheTimeThatTheQueueTakesAtTheMeasuredRate()
    {
        Make(new DispatchOptions { QueueSize = 30 });
        var worker = new FakeWorker(threads: 1);
        _dispatcher!.Add(worker.Handle);
        Submit(31);
        for (int i = 0; i < 10; i++)
        {
            // Five a second.
            _time.Advance(TimeSpan.FromSeconds(0.2));
            worker.Answer(Assert.Single(worker.TakeRequests()).Id);
            Submit(1);
        }

        Assert.Equal(30, _dispatcher.QueueLength);
        Assert.Equal(6, Submit(1)[0].RetryAfter);
    }

    private void Make(DispatchOptions options) => _dispatcher = new Dispatcher(options, _log, _time);

    private FakeStream[] Submit(int count)
    {
        FakeStream[] streams = [.. Enumerable.Range(0, count).Select(i => new FakeStream($"/{i}"))];
        foreach (FakeStream stream in streams)
        {
            _dispatcher!.Submit(stream, 0);
        }

        return streams;
    }
}
