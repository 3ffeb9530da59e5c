using System.Buffers;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

public class WorkerLinkTests
{
    private readonly FakeChannel _channel = new();
    private readonly WorkerHandle _worker = new(0);
    private readonly List<string?> _closed = [];
    private readonly WorkerLink _link;

    public WorkerLinkTests()
    {
        _link = new WorkerLink(_channel, _worker, 0, (_, violation) => _closed.Add(violation));
        _link.Start();
        _worker.Open([_link], new WorkerWindow(threads: 0, limit: 0));
    }

    [Fact]
    public void TryOpen_SeveralStreams_SendsEachWithItsIdInOneBuffer()
    {
        FakeStream first = Open("/1");
        FakeStream second = Open("/2");

        List<(FrameHeader Header, byte[] Payload)> frames = _channel.TakeFrames();
        Assert.Equal([first.Id, second.Id], frames.Select(f => f.Header.Stream));
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(2, _worker.InFlight);
    }

    [Fact]
    public void TryOpen_NobodyWaits_SendsNothingAndFreesTheSlot()
    {
        var stream = new FakeStream { IsWanted = false };

        Assert.True(_worker.Window.TryEnter());
        Assert.True(_link.TryOpen(stream));

        Assert.Empty(_channel.TakeFrames());
        Assert.Equal(0, _worker.InFlight);
    }

    [Fact]
    public void OnBytes_ResponseWithEnd_EndsTheStreamAndTheSlotGetsANewGeneration()
    {
        FakeStream stream = Open();
        Receive(Response(stream.Id, 200, FrameFlags.End));

        Assert.Equal(["response 200 end"], stream.Events);
        Assert.Equal(0, _worker.InFlight);
        FakeStream next = Open();
        Assert.Equal((uint)stream.Id, (uint)next.Id);
        Assert.NotEqual(stream.Id, next.Id);
    }

    [Fact]
    public void OnBytes_LateFrameOfAnEndedStream_ReachesNobody()
    {
        FakeStream stream = Open();
        Receive(Response(stream.Id, 200, FrameFlags.End));
        FakeStream next = Open();

        Receive(Response(stream.Id, 500, FrameFlags.End));

        Assert.Empty(next.Events);
        Assert.Single(stream.Events);
        Assert.False(_channel.IsClosed);
    }

    [Fact]
    public void OnBytes_LastFrameThatBreaksARule_IsALossToItsStream()
    {
        FakeStream stream = Open();
        stream.Accepts = false;
        Receive(Body(stream.Id, "early"u8, FrameFlags.End));

        Assert.Equal(["body 5 end", "lost LinkLost"], stream.Events);
        Assert.True(_channel.IsClosed);
    }

    [Fact]
    public void OnBytes_EverySplitOfTwoFrames_GivesTheSameEvents()
    {
        byte[] frames = [];
        for (int split = 0; split == 0 || split < frames.Length; split++)
        {
            FakeStream stream = Open();
            frames = [.. Response(stream.Id, 200, FrameFlags.None), .. Body(stream.Id, "hello"u8, FrameFlags.End)];
            int consumed = Receive(frames.AsSpan(0, split));
            Receive(frames.AsSpan(consumed));

            Assert.Equal(["response 200", "body 5 end"], stream.Events);
        }
    }

    [Fact]
    public void Cancel_OpenStream_SendsCancelOnceAndHearsNothingMore()
    {
        FakeStream stream = Open();
        _channel.TakeFrames();

        Assert.True(_link.Cancel(stream.Id, CancelReason.ClientLeft));
        Assert.False(_link.Cancel(stream.Id, CancelReason.ClientLeft));
        Receive(Response(stream.Id, 200, FrameFlags.None));

        Assert.Equal([MessageType.Cancel], _channel.TakeFrames().Select(f => f.Header.Type));
        Assert.Empty(stream.Events);
        Assert.Equal(1, _worker.InFlight);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cancel_WorkerIsThrough_FreesTheSlot(bool byReset)
    {
        FakeStream stream = Open();
        _link.Cancel(stream.Id, CancelReason.ClientLeft);
        Assert.NotEqual((uint)stream.Id, (uint)Open().Id);
        Receive(byReset ? Reset(stream.Id, ResetReason.Cancelled) : Response(stream.Id, 200, FrameFlags.End));

        Assert.Equal(1, _worker.InFlight);
        Assert.Equal((uint)stream.Id, (uint)Open().Id);
        Assert.Empty(stream.Events);
    }

    [Fact]
    public void Close_CancelledStreams_AreNotCountedAnyMore()
    {
        FakeStream stream = Open();
        _link.Cancel(stream.Id, CancelReason.ClientLeft);
        _link.Close();

        Assert.Equal(0, _worker.InFlight);
        Assert.Empty(stream.Events);
    }

    [Fact]
    public void SendBody_EndedStream_SendsNothing()
    {
        FakeStream stream = Open();
        Receive(Response(stream.Id, 200, FrameFlags.End));
        _channel.TakeFrames();

        _link.SendBody(stream.Id, "late"u8, end: true);
        _link.SendWindow(stream.Id, 10);

        Assert.Empty(_channel.TakeFrames());
    }

    [Fact]
    public void Close_OpenStreams_AllAreLostAndTheOwnerHearsItFirst()
    {
        FakeStream first = Open();
        FakeStream second = Open();

        _link.Close();

        Assert.Equal(["lost LinkLostAlone"], first.Events);
        Assert.Equal(["lost LinkLostBehind"], second.Events);
        Assert.Equal([null], _closed);
        Assert.Equal(0, _worker.InFlight);
        Assert.False(_link.TryOpen(new FakeStream()));
    }

    [Theory]
    [InlineData(nameof(MessageType.Request))]
    [InlineData(nameof(MessageType.Cancel))]
    [InlineData(nameof(MessageType.Ready))]
    [InlineData(nameof(MessageType.Hello))]
    public void OnBytes_FrameThatAWorkerMayNotSend_ClosesTheLinkAndSaysWhy(string type)
    {
        FakeStream stream = Open();
        byte[] frame = new byte[ProtocolLimits.HeaderSize];
        new FrameHeader(0, Enum.Parse<MessageType>(type), FrameFlags.None, stream.Id).Write(frame);

        Assert.Equal(-1, Receive(frame));

        Assert.Contains(type, Assert.Single(_closed), StringComparison.Ordinal);
        Assert.Equal(["lost LinkLostAlone"], stream.Events);
    }

    [Fact]
    public void OnBytes_TruncatedPayload_ClosesTheLink()
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + 3];
        new FrameHeader(3, MessageType.Response, FrameFlags.None, 0).Write(frame);

        Assert.Equal(-1, Receive(frame));
    }

    [Fact]
    public void OnBytes_StreamRefusesTheFrame_ClosesTheLink()
    {
        FakeStream stream = Open();
        stream.Accepts = false;

        Assert.Equal(-1, Receive(Body(stream.Id, "x"u8, FrameFlags.None)));
    }

    [Fact]
    public void OnBytes_Reset_EndsTheStreamWithItsReason()
    {
        FakeStream stream = Open();
        Receive(Reset(stream.Id, ResetReason.RuleViolation));

        Assert.Equal(["reset RuleViolation a rule"], stream.Events);
        Assert.Equal(0, _worker.InFlight);
    }

    [Fact]
    public void Close_StreamsThatWereTaken_MayAllHaveBegun()
    {
        FakeStream first = Open();
        FakeStream second = Open();
        FakeStream third = Open();
        FakeStream fourth = Open();
        Receive(Taken(second.Id));

        _link.Close();

        Assert.Equal(["lost LinkLost"], first.Events);
        Assert.Equal(["lost LinkLost"], second.Events);
        Assert.Equal(["lost LinkLost"], third.Events);
        Assert.Equal(["lost LinkLostBehind"], fourth.Events);
    }

    [Fact]
    public void Close_WorkerWithThreads_AsManyMayHaveBegun()
    {
        _worker.Open([_link], new WorkerWindow(threads: 2, limit: 0));
        FakeStream[] streams = [Open(), Open(), Open()];

        _link.Close();

        Assert.Equal(["lost LinkLost", "lost LinkLost", "lost LinkLostBehind"], streams.SelectMany(s => s.Events));
    }

    [Fact]
    public void OnBytes_Response_TellsThatWhatWasSentBeforeIsTaken()
    {
        Open();
        FakeStream second = Open();
        Open();
        Assert.Equal(3, _worker.Window.Untaken);

        Receive(Response(second.Id, 200, FrameFlags.End));
        Assert.Equal(1, _worker.Window.Untaken);
    }

    [Fact]
    public void OnBytes_LateResponseOfACancelledStream_TellsThatItWasTaken()
    {
        FakeStream stream = Open();
        _link.Cancel(stream.Id, CancelReason.ClientLeft);
        Assert.Equal(1, _worker.Window.Untaken);

        Receive(Response(stream.Id, 200, FrameFlags.End));
        Assert.Equal(0, _worker.Window.Untaken);
        Assert.Equal(0, _worker.InFlight);
    }

    [Fact]
    public void Cancel_WorkerWithThreads_KeepsThePlaceUntilTheWorkerIsThrough()
    {
        _worker.Open([_link], new WorkerWindow(threads: 1, limit: 1));
        Assert.True(_worker.Window.TryEnter());
        var stream = new FakeStream();
        _link.TryOpen(stream);

        _link.Cancel(stream.Id, CancelReason.ClientLeft);
        Assert.False(_worker.Window.HasRoom);

        Receive(Reset(stream.Id, ResetReason.Cancelled));
        Assert.True(_worker.Window.HasRoom);
        Receive(Reset(stream.Id, ResetReason.Cancelled));
        Assert.Equal(0, _worker.InFlight);
        Assert.Empty(stream.Events);
    }

    [Fact]
    public void TryOpen_StreamThatWaited_HasItsQueueTimeInTheFrame()
    {
        var stream = new FakeStream { QueueMicroseconds = 123_456 };
        _worker.Window.TryEnter();
        _link.TryOpen(stream);

        Assert.True(RequestMessage.TryRead(Assert.Single(_channel.TakeFrames()).Payload, out RequestMessage request));
        Assert.Equal(123_456u, request.QueueMicroseconds);
    }

    private FakeStream Open(string path = "/")
    {
        // The window is not what is tested here: it is made wide.
        _worker.Window.Report(1, 1000);
        Assert.True(_worker.Window.TryEnter());
        var stream = new FakeStream(path);
        Assert.True(_link.TryOpen(stream));
        return stream;
    }

    private int Receive(ReadOnlySpan<byte> data) => _channel.Receive(data);

    private static byte[] Response(ulong id, ushort status, FrameFlags flags)
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResponseMessage { Status = status }.WriteFrame(frame, flags, id);
        return frame.WrittenSpan.ToArray();
    }

    private static byte[] Reset(ulong id, ResetReason reason)
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResetMessage { Reason = (byte)reason, Message = "a rule"u8 }.WriteFrame(frame, FrameFlags.None, id);
        return frame.WrittenSpan.ToArray();
    }

    private static byte[] Taken(ulong id)
    {
        var frame = new ArrayBufferWriter<byte>();
        new TakenMessage { BusyMicroseconds = 1, Requests = 1 }.WriteFrame(frame, FrameFlags.None, id);
        return frame.WrittenSpan.ToArray();
    }

    private static byte[] Body(ulong id, ReadOnlySpan<byte> data, FrameFlags flags)
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + data.Length];
        new FrameHeader(data.Length, MessageType.Body, flags, id).Write(frame);
        data.CopyTo(frame.AsSpan(ProtocolLimits.HeaderSize));
        return frame;
    }
}
