using System.Buffers;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

public class ControlLinkTests
{
    private readonly FakeChannel _channel = new();
    private readonly Sink _sink = new();
    private readonly ControlLink _link;

    public ControlLinkTests()
    {
        _link = new ControlLink(_channel, _sink);
        _link.Start();
    }

    [Fact]
    public void OnBytes_EachKind_ReachesTheSink()
    {
        var frames = new ArrayBufferWriter<byte>();
        new ReadyMessage { Concurrency = 4, Interface = "wsgi"u8, Python = "CPython"u8, Loop = "asyncio"u8 }.WriteFrame(frames, FrameFlags.None, 0);
        new LogMessage { Level = (byte)WireLogLevel.Info, Logger = "app"u8, Message = "a record"u8 }.WriteFrame(frames, FrameFlags.None, 0);
        new FailedMessage { Reason = (byte)StartFailure.NotCallable, Message = "no"u8, Traceback = "t"u8 }.WriteFrame(frames, FrameFlags.None, 0);
        new GoodbyeMessage { Cancelled = 2, Message = "bye"u8 }.WriteFrame(frames, FrameFlags.None, 0);

        Assert.Equal(frames.WrittenCount, _channel.Receive(frames.WrittenSpan));
        Assert.Equal(["ready wsgi 4", "log Info app a record", "failed NotCallable no", "goodbye 2 bye"], _sink.Events);
    }

    [Fact]
    public void Ping_WhileOneIsOwed_SendsNoOther()
    {
        _link.Ping();
        _link.Ping();
        (FrameHeader header, byte[] payload) = Assert.Single(_channel.TakeFrames());
        Assert.Equal(MessageType.Ping, header.Type);

        Assert.True(PingMessage.TryRead(payload, out PingMessage ping));
        _channel.Receive(Pong(ping.Nonce));
        Assert.Equal(["pong 3"], _sink.Events);
        _link.Ping();
        Assert.Single(_channel.TakeFrames());
        _channel.Receive(Pong(ping.Nonce + 1, isDebugged: 1));
        Assert.Equal(["pong 3", "pong 3 debugged"], _sink.Events);
    }

    [Fact]
    public void OnBytes_PongThatNobodyAskedFor_ClosesTheLink()
    {
        Assert.Equal(-1, _channel.Receive(Pong(1)));
        Assert.Equal(["violation", "closed a PONG answers no PING"], _sink.Events);
    }

    [Fact]
    public void Inspect_AndItsAnswer_GoBothWays()
    {
        _link.Inspect(7, 3, 99);
        (FrameHeader header, byte[] payload) = Assert.Single(_channel.TakeFrames());
        Assert.Equal((MessageType.Inspect, 0UL), (header.Type, header.Stream));
        Assert.True(InspectMessage.TryRead(payload, out InspectMessage inspect));
        Assert.Equal((7U, 3, 99UL), (inspect.Sequence, inspect.Link, inspect.Target));

        Assert.True(_channel.Receive(Stacks(7)) > 0);
        Assert.Equal(["stacks 7 here"], _sink.Events);
    }

    [Fact]
    public void OnBytes_StacksThatNobodyAskedFor_CloseTheLink()
    {
        Assert.Equal(-1, _channel.Receive(Stacks(8)));
        Assert.Equal(["stacks 8 here", "violation", "closed a STACKS answers no INSPECT"], _sink.Events);
    }

    [Fact]
    public void Collect_AndItsAnswer_GoBothWays()
    {
        _link.Collect(7);
        (FrameHeader header, byte[] payload) = Assert.Single(_channel.TakeFrames());
        Assert.Equal((MessageType.Collect, 0UL), (header.Type, header.Stream));
        Assert.True(CollectMessage.TryRead(payload, out CollectMessage collect));
        Assert.Equal(7U, collect.Sequence);

        Assert.True(_channel.Receive(Collected(7, FrameFlags.More)) > 0);
        Assert.True(_channel.Receive(Collected(7, FrameFlags.None)) > 0);
        Assert.Equal(["collected 7 Partial here more", "collected 7 Partial here"], _sink.Events);
    }

    [Fact]
    public void OnBytes_CollectedThatBreaksARule_ClosesTheLink()
    {
        Assert.Equal(-1, _channel.Receive(Collected(8, FrameFlags.None)));
        Assert.Equal(["collected 8 Partial here", "violation", "closed it is wrong"], _sink.Events);
    }

    [Theory]
    [InlineData(nameof(MessageType.Collected), "a COLLECTED frame is malformed")]
    [InlineData(nameof(MessageType.Collect), "Collect may not be sent by a worker on a control link")]
    [InlineData(nameof(MessageType.Stacks), "a STACKS frame is malformed")]
    [InlineData(nameof(MessageType.Inspect), "Inspect may not be sent by a worker on a control link")]
    [InlineData(nameof(MessageType.Response), "Response may not be sent by a worker on a control link")]
    [InlineData(nameof(MessageType.Ping), "Ping may not be sent by a worker on a control link")]
    [InlineData(nameof(MessageType.Log), "a LOG frame is malformed")]
    public void OnBytes_FrameThatMayNotCome_ClosesTheLinkAndSaysWhy(string type, string why)
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize];
        new FrameHeader(0, Enum.Parse<MessageType>(type), FrameFlags.None, 0).Write(frame);

        Assert.Equal(-1, _channel.Receive(frame));
        Assert.Equal(["violation", "closed " + why], _sink.Events);
    }

    private static byte[] Stacks(uint sequence)
    {
        var frame = new ArrayBufferWriter<byte>();
        new StacksMessage { Sequence = sequence, Text = "here"u8 }.WriteFrame(frame, FrameFlags.None, 0);
        return frame.WrittenSpan.ToArray();
    }

    private static byte[] Collected(uint sequence, FrameFlags flags)
    {
        var frame = new ArrayBufferWriter<byte>();
        new CollectedMessage { Sequence = sequence, Outcome = (byte)CollectOutcome.Partial, Text = "here"u8 }.WriteFrame(frame, flags, 0);
        return frame.WrittenSpan.ToArray();
    }

    private static byte[] Pong(uint nonce, byte isDebugged = 0)
    {
        var frame = new ArrayBufferWriter<byte>();
        new PongMessage { Nonce = nonce, LoopLagMicroseconds = 3, IsDebugged = isDebugged }.WriteFrame(frame, FrameFlags.None, 0);
        return frame.WrittenSpan.ToArray();
    }

    private sealed class Sink : IControlSink
    {
        public List<string> Events { get; } = [];

        public void OnReady(WorkerInfo info) => Events.Add($"ready {info.Interface} {info.Concurrency}");

        public void OnFailed(WorkerFailure failure) => Events.Add($"failed {failure.Reason} {failure.Message}");

        public void OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message) => Events.Add($"log {level} {logger} {message}");

        public void OnGoodbye(int cancelled, string message) => Events.Add($"goodbye {cancelled} {message}");

        public void OnPong(WorkerProbe probe) => Events.Add($"pong {probe.LoopLag.TotalMicroseconds}{(probe.IsDebugged ? " debugged" : "")}");

        public bool OnStacks(uint sequence, string text)
        {
            Events.Add($"stacks {sequence} {text}");
            return sequence == 7;
        }

        public string? OnCollected(uint sequence, CollectOutcome outcome, ReadOnlySpan<byte> text, bool more)
        {
            Events.Add($"collected {sequence} {outcome} {System.Text.Encoding.UTF8.GetString(text)}{(more ? " more" : "")}");
            return sequence == 7 ? null : "it is wrong";
        }

        public void OnViolation() => Events.Add("violation");

        public void OnControlClosed(string? violation) => Events.Add($"closed {violation}");
    }
}
