using System.Buffers;
using System.Text;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Topics;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>The links for shared state: calls in, replies out, and what is no call.</summary>
public sealed class StateLinkTests : IDisposable
{
    private readonly StateStore _store = new(new StateStoreOptions(1 << 20, false));
    private readonly TopicHub _hub = new(1 << 20, []);
    private readonly TopicAccess _topics;
    private readonly StateOwner _owner = new();
    private readonly FakeChannel _channel = new();
    private readonly StateLink _link;
    private int _closed;

    public StateLinkTests()
    {
        _topics = TopicAccess.Open(_hub)!;
        _link = Open(_channel, _owner);
    }

    public void Dispose()
    {
        _store.Dispose();
        _hub.Dispose();
    }

    [Fact]
    public void Calls_AreAnsweredInTheirOrder()
    {
        _channel.Receive([.. Call(1, StateOperation.Set, "k", "value"u8), .. Call(2, StateOperation.Get, "k"), .. Call(3, StateOperation.Get, "x")]);

        Assert.Equal(["1 Done ", "2 Done value", "3 Missing "], Replies(_channel));
    }

    [Fact]
    public void Value_OfAnyLength_GoesBothWaysInParts()
    {
        byte[] large = new byte[(3 * ProtocolLimits.MaxStatePart) + 77];
        new Random(1).NextBytes(large);
        var frames = new ArrayBufferWriter<byte>();
        for (int i = 0; i < 3; i++)
        {
            new StatePartMessage { Sequence = 9, Value = large.AsSpan(i * ProtocolLimits.MaxStatePart, ProtocolLimits.MaxStatePart) }.WriteFrame(frames, FrameFlags.None, 0);
        }

        _channel.Receive([.. frames.WrittenSpan, .. Call(9, StateOperation.Set, "k", large.AsSpan(3 * ProtocolLimits.MaxStatePart)), .. Call(10, StateOperation.Get, "k")]);

        List<(FrameHeader Header, byte[] Payload)> written = _channel.TakeFrames();
        Assert.Equal(
            [MessageType.StateReply, MessageType.StatePart, MessageType.StatePart, MessageType.StatePart, MessageType.StateReply], written.Select(static one => one.Header.Type));
        byte[] back =
        [
            .. written.Skip(1).Take(3).SelectMany(static one => StatePartMessage.TryRead(one.Payload, out StatePartMessage part) ? part.Value.ToArray() : []),
            .. StateReplyMessage.TryRead(written[4].Payload, out StateReplyMessage reply) ? reply.Value.ToArray() : [],
        ];
        Assert.Equal(large, back);
    }

    [Fact]
    public void Value_LargerThanTheStore_IsRefusedAndNotKept()
    {
        byte[] part = new byte[ProtocolLimits.MaxStatePart];
        var frames = new ArrayBufferWriter<byte>();
        for (int i = 0; i < 20; i++)
        {
            new StatePartMessage { Sequence = 9, Value = part }.WriteFrame(frames, FrameFlags.None, 0);
        }

        _channel.Receive([.. frames.WrittenSpan, .. Call(9, StateOperation.Set, "k"), .. Call(10, StateOperation.Set, "k", "small"u8)]);

        Assert.Equal(["9 TooLarge ", "10 Done "], Replies(_channel));
    }

    [Fact]
    public void Lock_OfAProcess_IsFreeWhenItsLastLinkHasClosed()
    {
        var other = new FakeChannel();
        Open(other, new StateOwner());
        _channel.Receive(Call(1, StateOperation.Acquire, "l", number: 1));
        other.Receive(Call(7, StateOperation.Acquire, "l", number: 1, wait: uint.MaxValue));
        Assert.Empty(other.TakeFrames());
        _store.OnEnded(_owner);

        Assert.StartsWith("7 Done", Assert.Single(Replies(other)), StringComparison.Ordinal);
        Assert.Equal(1, other.Flushes);
    }

    public static TheoryData<byte[], string> Wrong => new()
    {
        { Frame(static output => new PongMessage().WriteFrame(output, FrameFlags.None, 0)), "Pong may not be sent by a worker on a state link" },
        { Frame(static output => new StateCallMessage().WriteFrame(output, FrameFlags.End, 0)), "StateCall may not have the flags End" },
        { Frame(static output => new StatePartMessage { Sequence = 1 }.WriteFrame(output, FrameFlags.None, 0)), "a STATE_PART frame is malformed" },
        { [.. Part(1), .. Part(2)], "a STATE_PART is of another call than the one before it" },
        { [.. Part(1), .. Call(2, StateOperation.Get, "k")], "a STATE_CALL is another one than the STATE_PART before it is of" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Bytes_ThatAreNoCall_CloseTheLink(byte[] bytes, string violation)
    {
        Assert.Equal(-1, _channel.Receive(bytes));
        Assert.Equal((violation, 1), (_link.Violation, _closed));
    }

    [Fact]
    public void Bytes_OfAnyKind_NeverThrow()
    {
        var random = new Random(11);
        for (int round = 0; round < 3000; round++)
        {
            var channel = new FakeChannel();
            Open(channel, _owner);
            byte[] bytes =
            [
                .. Call((uint)round, (StateOperation)random.Next(30), $"k{random.Next(9)}", "value"u8, random.NextInt64(), (uint)random.Next(3), random.NextInt64(), random.NextInt64()),
                .. Part((uint)round), .. Call((uint)round, StateOperation.Set, "k", "x"u8),
            ];
            for (int i = random.Next(4); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            channel.Receive(bytes);
            channel.Close();
        }

        Assert.InRange(_store.ReadFigures().Bytes, 0, 1 << 20);
    }

    private StateLink Open(FakeChannel channel, StateOwner owner)
    {
        var link = new StateLink(channel, _store, _topics, null, null, owner, _ => _closed++);
        link.Start();
        return link;
    }

    internal static byte[] Call(
        uint sequence, StateOperation operation, string key, ReadOnlySpan<byte> value = default, long number = 0, uint wait = 0, long other = 0, long milliseconds = 0)
    {
        var frame = new ArrayBufferWriter<byte>();
        new StateCallMessage
        {
            Sequence = sequence,
            Operation = (byte)operation,
            Number = (ulong)number,
            Other = (ulong)other,
            Milliseconds = (ulong)milliseconds,
            Wait = wait,
            Key = Encoding.UTF8.GetBytes(key),
            Value = value,
        }.WriteFrame(frame, FrameFlags.None, 0);
        return frame.WrittenSpan.ToArray();
    }

    private static byte[] Part(uint sequence) => Frame(output => new StatePartMessage { Sequence = sequence, Value = "x"u8 }.WriteFrame(output, FrameFlags.None, 0));

    private static byte[] Frame(Action<IBufferWriter<byte>> write)
    {
        var frame = new ArrayBufferWriter<byte>();
        write(frame);
        return frame.WrittenSpan.ToArray();
    }

    internal static string[] Replies(FakeChannel channel) => [.. channel.TakeFrames().Select(static frame =>
    {
        Assert.True(StateReplyMessage.TryRead(frame.Payload, out StateReplyMessage reply));
        return $"{reply.Sequence} {(StateStatus)reply.Status} {Encoding.UTF8.GetString(reply.Value)}";
    })];
}
