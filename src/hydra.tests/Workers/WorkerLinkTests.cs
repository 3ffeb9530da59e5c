using System.Buffers;
using Hydra.Protocol;
using Hydra.Workers;
using Xunit;

namespace Hydra.Tests.Workers;

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

        Assert.Equal(["lost LinkLost"], first.Events);
        Assert.Equal(["lost LinkLost"], second.Events);
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
        Assert.Equal(["lost LinkLost"], stream.Events);
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
        Receive(Reset(stream.Id, ResetReason.RuleViolation, "no start"));

        Assert.Equal(["reset RuleViolation no start"], stream.Events);
        Assert.Equal(0, _worker.InFlight);
    }

    private FakeStream Open(string path = "/")
    {
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

    private static byte[] Reset(ulong id, ResetReason reason, string message = "")
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResetMessage { Reason = (byte)reason, Message = System.Text.Encoding.ASCII.GetBytes(message) }.WriteFrame(frame, FrameFlags.None, id);
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
