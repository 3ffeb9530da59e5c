using System.Buffers;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

public class WorkerLinkDeadlineTests
{
    private static readonly Deadlines Limits = new(Request: 3, Return: 5);

    private readonly FakeChannel _channel = new();
    private readonly WorkerHandle _worker = new(0);
    private readonly List<ulong> _abandoned = [];
    private readonly WorkerLink _link;

    public WorkerLinkDeadlineTests()
    {
        _link = new WorkerLink(_channel, _worker, 0, (_, _) => { }) { Abandoned = _abandoned.Add };
        _link.Start();
        _worker.Open([_link], new WorkerWindow(threads: 0, limit: 0));
    }

    [Fact]
    public void Look_BeforeItsTime_FindsNothing()
    {
        Open();

        Assert.Empty(Look(3));
    }

    [Fact]
    public void Look_NoResponseInTime_CancelsTheStreamAndKeepsItsSlot()
    {
        FakeStream stream = Open();
        _channel.TakeFrames();
        OverdueStream overdue = Assert.Single(Look(4));

        Assert.Equal(new OverdueStream(stream.Id, stream, IsStuck: false), overdue);
        Assert.Equal([MessageType.Cancel], _channel.TakeFrames().Select(f => f.Header.Type));
        Assert.Equal(1, _worker.InFlight);
        Receive(Response(stream.Id, FrameFlags.None));
        Assert.Empty(stream.Events);
    }

    [Fact]
    public void Look_OpenedBetweenLooks_HasItsWholeTime()
    {
        Look(10);
        FakeStream stream = Open();

        Assert.Empty(Look(3));
        Assert.Equal(stream.Id, Assert.Single(Look(1)).Id);
    }

    [Fact]
    public void Look_ResponseHasBegun_FindsNothing()
    {
        FakeStream stream = Open();
        Receive(Response(stream.Id, FrameFlags.None));

        Assert.Empty(Look(100));
        _link.Cancel(stream.Id, CancelReason.ClientLeft);
        Assert.Empty(Look(100));
    }

    [Fact]
    public void Look_SlowRequest_IsNotedOnceAndGoesOn()
    {
        FakeStream stream = Open();
        Assert.Empty(LookForSlow(2));

        Assert.Equal(new OverdueStream(stream.Id, stream, IsStuck: false, IsSlow: true), Assert.Single(LookForSlow(1)));
        Assert.Empty(LookForSlow(100));
        Receive(Response(stream.Id, FrameFlags.End));
        Assert.Equal(["response 200 end"], stream.Events);
        FakeStream next = Open();
        Assert.Equal(next.Id, Assert.Single(LookForSlow(3)).Id);
    }

    [Fact]
    public void Look_SlowForItsClientsSake_IsNotNoted()
    {
        FakeStream stream = Open();
        stream.IsAwaited = true;
        Assert.Empty(LookForSlow(100));

        stream.IsAwaited = false;
        Assert.Empty(LookForSlow(1));
        Assert.Single(LookForSlow(2));
    }

    [Fact]
    public void ReadActive_WithNotes_SaysWhatTheRequestsAreFor()
    {
        using var noted = new NotedLink();
        FakeStream first = noted.Open("/first");
        FakeStream second = noted.Open("/second");
        FakeStream third = noted.Open("/third");
        noted.Receive(Response(second.Id, FrameFlags.None));
        noted.Link.Cancel(third.Id, CancelReason.ClientLeft);

        Assert.Equal(
            [("GET", "/first", StreamPhase.Waiting), ("GET", "/second", StreamPhase.Responding), ("GET", "/third", StreamPhase.Cancelled)],
            noted.Active().Select(static one => (one.Method, one.Path, one.Phase)));
        noted.Receive(Response(first.Id, FrameFlags.End));
        Assert.Equal([second.Id, third.Id], noted.Active().Select(static one => one.Id));
        Assert.Null(noted.Link.Find(first.Id));
        Assert.Equal("/second", noted.Link.Find(second.Id)?.Path);
    }

    [Fact]
    public void ReadActive_WithoutNotes_SaysNothing()
    {
        Open();
        List<ActiveStream> active = [];
        _link.ReadActive(active);

        Assert.Empty(active);
    }

    [Fact]
    public void Look_SlotIsUsedAgain_BeginsAnew()
    {
        FakeStream first = Open();
        Look(3);
        Receive(Response(first.Id, FrameFlags.End));
        FakeStream second = Open();

        Assert.Equal((uint)first.Id, (uint)second.Id);
        Assert.Empty(Look(3));
        Assert.Single(Look(1));
    }

    [Fact]
    public void Look_WorkerWaitsForTheClient_BeginsAnew()
    {
        FakeStream stream = Open();
        stream.Verdict = DeadlineVerdict.AwaitsClient;
        Assert.Empty(Look(6));
        stream.Verdict = DeadlineVerdict.TimedOut;

        Assert.Empty(Look(1));
        Assert.Single(Look(1));
    }

    [Fact]
    public void Look_InterruptedAndNotThrough_IsStuckOnce()
    {
        FakeStream stream = Open();
        Look(4);

        Assert.Empty(Look(5));
        Assert.Equal(new OverdueStream(stream.Id, null, IsStuck: true), Assert.Single(Look(1)));
        Assert.Empty(Look(100));
    }

    [Fact]
    public void Look_InterruptedAndThrough_IsForgotten()
    {
        FakeStream stream = Open();
        Look(4);
        Receive(Reset(stream.Id));

        Assert.Equal(0, _worker.InFlight);
        Assert.Empty(Look(100));
    }

    [Fact]
    public void Look_ClientHasLeftBefore_InterruptsWhatStillRuns()
    {
        FakeStream stream = Open();
        Look(2);
        _link.Cancel(stream.Id, CancelReason.ClientLeft);
        _channel.TakeFrames();

        Assert.Equal(new OverdueStream(stream.Id, null, IsStuck: false), Assert.Single(Look(2)));
        Assert.Empty(_channel.TakeFrames());
    }

    [Fact]
    public void Look_StreamIsOverAndAboutToBeCancelled_LeavesItAlone()
    {
        FakeStream stream = Open();
        stream.Verdict = DeadlineVerdict.Over;

        Assert.Empty(Look(10));
        Assert.True(_link.Cancel(stream.Id, CancelReason.ClientLeft));
    }

    [Fact]
    public void Look_LinkClosed_FindsNothing()
    {
        Open();
        _link.Close();

        Assert.Empty(Look(100));
    }

    [Theory]
    [InlineData(nameof(CancelReason.ClientLeft), true)]
    [InlineData(nameof(CancelReason.FrontError), false)]
    public void Cancel_OpenStream_IsReportedWhenTheClientHasLeft(string reason, bool isReported)
    {
        FakeStream stream = Open();
        _link.Cancel(stream.Id, Enum.Parse<CancelReason>(reason));

        Assert.Equal(isReported ? [stream.Id] : [], _abandoned);
    }

    [Fact]
    public void NameOf_Id_HasLinkSlotAndGeneration() => Assert.Equal("2.5.7", WorkerLink.NameOf(2, (7UL << 32) | 5));

    private FakeStream Open()
    {
        _worker.Window.Report(1, 1000);
        Assert.True(_worker.Window.TryEnter());
        var stream = new FakeStream();
        Assert.True(_link.TryOpen(stream));
        return stream;
    }

    private List<OverdueStream> Look(int times)
    {
        List<OverdueStream> overdue = [];
        for (int i = 0; i < times; i++)
        {
            _link.Look(Limits, overdue);
        }

        return overdue;
    }

    private void Receive(byte[] frame) => _channel.Receive(frame);

    private static byte[] Response(ulong id, FrameFlags flags)
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResponseMessage { Status = 200 }.WriteFrame(frame, flags, id);
        return frame.WrittenSpan.ToArray();
    }

    private static byte[] Reset(ulong id)
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResetMessage { Reason = (byte)ResetReason.Cancelled }.WriteFrame(frame, FrameFlags.None, id);
        return frame.WrittenSpan.ToArray();
    }

    private List<OverdueStream> LookForSlow(int times)
    {
        List<OverdueStream> overdue = [];
        for (int i = 0; i < times; i++)
        {
            _link.Look(new Deadlines(int.MaxValue - 1, int.MaxValue - 1, Slow: 2), overdue);
        }

        return overdue;
    }

    private sealed class NotedLink : IDisposable
    {
        private readonly FakeChannel _channel = new();
        private readonly WorkerHandle _worker = new(0);

        public NotedLink()
        {
            Link = new WorkerLink(_channel, _worker, 0, (_, _) => { }) { Notes = new StreamNotes() };
            Link.Start();
            _worker.Open([Link], new WorkerWindow(threads: 4, limit: 0));
        }

        public WorkerLink Link { get; }

        public FakeStream Open(string path)
        {
            var stream = new FakeStream(path);
            Assert.True(_worker.Window.TryEnter());
            Assert.True(Link.TryOpen(stream));
            return stream;
        }

        public void Receive(byte[] frame) => _channel.Receive(frame);

        public List<ActiveStream> Active()
        {
            List<ActiveStream> active = [];
            Link.ReadActive(active);
            return active;
        }

        public void Dispose() => _channel.Close();
    }
}
