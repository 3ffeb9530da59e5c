using System.Buffers;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>Streams that stay: counted apart from requests, and without a deadline.</summary>
public class WorkerLinkSessionTests
{
    private readonly FakeChannel _channel = new();
    private readonly WorkerHandle _worker = new(0);
    private readonly Progress _progress = new();
    private readonly WorkerLink _link;

    public WorkerLinkSessionTests()
    {
        _worker.Progress = _progress;
        _link = new WorkerLink(_channel, _worker, 0, (_, _) => { });
        _link.Start();
        _worker.Open([_link], new WorkerWindow(threads: 0, limit: 1));
    }

    [Fact]
    public void BecomeSession_OpenStream_IsNoLoadAndMakesRoom()
    {
        FakeStream stream = Open();
        Receive(Taken(stream.Id));
        Assert.False(_worker.Window.HasRoom);

        Assert.True(_link.BecomeSession(stream.Id));

        Assert.Equal((0, 1, 0), (_worker.InFlight, _worker.Sessions, _worker.Load));
        Assert.True(_worker.Window.HasRoom);
        Assert.Equal([0, 1], _progress.Completed);
    }

    [Fact]
    public void BecomeSession_Twice_CountsOnce()
    {
        FakeStream stream = Open();

        Assert.True(_link.BecomeSession(stream.Id));
        Assert.False(_link.BecomeSession(stream.Id));
        Assert.Equal((0, 1), (_worker.InFlight, _worker.Sessions));
    }

    [Theory]
    [InlineData("ended")]
    [InlineData("cancelled")]
    [InlineData("the link closed")]
    [InlineData("unknown")]
    public void BecomeSession_StreamIsNotOpen_DoesNothing(string what)
    {
        FakeStream stream = Open();
        switch (what)
        {
            case "ended":
                Receive(Response(stream.Id, FrameFlags.End));
                break;
            case "cancelled":
                _link.Cancel(stream.Id, CancelReason.ClientLeft);
                break;
            case "the link closed":
                _link.Close();
                break;
        }

        Assert.False(_link.BecomeSession(what == "unknown" ? stream.Id + 1 : stream.Id));
        Assert.Equal(0, _worker.Sessions);
    }

    [Theory]
    [InlineData("response")]
    [InlineData("reset")]
    [InlineData("reset after a cancel")]
    [InlineData("close")]
    public void Session_Ends_LeavesAsOneAndItsPlaceIsARequestsAgain(string how)
    {
        FakeStream stream = Open();
        _link.BecomeSession(stream.Id);
        switch (how)
        {
            case "response":
                Receive(Response(stream.Id, FrameFlags.End));
                break;
            case "reset":
                Receive(Reset(stream.Id));
                break;
            case "reset after a cancel":
                _link.Cancel(stream.Id, CancelReason.ClientLeft);
                Assert.Equal(1, _worker.Sessions);
                Receive(Reset(stream.Id));
                break;
            default:
                _link.Close();
                break;
        }

        Assert.Equal((0, 0), (_worker.InFlight, _worker.Sessions));
        Assert.Equal(1, _progress.Completed.Sum());
        if (how != "close")
        {
            FakeStream next = Open();
            Assert.Equal((uint)stream.Id, (uint)next.Id);
            Assert.Equal((1, 0), (_worker.InFlight, _worker.Sessions));
        }
    }

    [Fact]
    public void Session_Frames_GoBothWays()
    {
        FakeStream stream = Open();
        Receive(Response(stream.Id, FrameFlags.None));
        _link.BecomeSession(stream.Id);
        _channel.TakeFrames();

        Receive(Body(stream.Id));
        _link.SendBody(stream.Id, "hello"u8, end: false);

        Assert.Equal(["response 200", "body 3"], stream.Events);
        Assert.Equal([MessageType.Body], _channel.TakeFrames().Select(f => f.Header.Type));
    }

    [Fact]
    public void Look_Session_HasNoDeadline()
    {
        FakeStream stream = Open();
        _link.BecomeSession(stream.Id);
        List<OverdueStream> overdue = [];
        for (int i = 0; i < 100; i++)
        {
            _link.Look(new Deadlines(Request: 3, Return: 5), overdue);
        }

        Assert.Empty(overdue);
        Assert.Empty(stream.Events);
    }

    [Fact]
    public void Close_RequestBesideASession_IsNotTheOnlySuspect()
    {
        FakeStream session = Open();
        Receive(Taken(session.Id));
        _link.BecomeSession(session.Id);
        FakeStream request = Open();
        Receive(Taken(request.Id));
        _link.Close();

        Assert.Equal(["lost LinkLost"], request.Events);
        Assert.Equal(["lost LinkLost"], session.Events);
    }

    private FakeStream Open()
    {
        _worker.Window.Report(1, 1000);
        Assert.True(_worker.Window.TryEnter());
        var stream = new FakeStream();
        Assert.True(_link.TryOpen(stream));
        return stream;
    }

    private void Receive(byte[] frame) => Assert.Equal(frame.Length, _channel.Receive(frame));

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

    private static byte[] Taken(ulong id)
    {
        var frame = new ArrayBufferWriter<byte>();
        new TakenMessage().WriteFrame(frame, FrameFlags.None, id);
        return frame.WrittenSpan.ToArray();
    }

    private static byte[] Body(ulong id)
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + 3];
        new FrameHeader(3, MessageType.Body, FrameFlags.None, id).Write(frame);
        return frame;
    }

    private sealed class Progress : IProgressSink
    {
        public List<int> Completed { get; } = [];

        public void OnProgress(int completed) => Completed.Add(completed);
    }
}
