using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Topics;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Messages of topics on their way to clients: <see cref="StreamTopics"/>, <see cref="StreamTarget"/>, <see cref="SessionPiece"/>, their frames and events, and what becomes of slow ones.</summary>
public sealed class StreamTopicsTests : IDisposable
{
    private readonly MemoryBudget _memory = new(1 << 20);
    private readonly SessionPair _pair = new();
    private readonly SessionOutput _output = new(static _ => { });
    private readonly TopicHub _hub = new(1 << 20, [static work => work.Execute()]);

    public void Dispose()
    {
        _pair.Dispose();
        _hub.Dispose();
    }

    [Fact]
    public async Task Session_MessageOfATopic_ComesBehindWhatWasSentAndNeverWithinAMessage()
    {
        Subscription subscription = Make();
        _output.Attach(_pair.Wire, deflates: false, static () => { });
        _output.Add("one"u8, FrameFlags.Text);
        Assert.Equal(Offered.Taken, _output.Offer(subscription, Text("topic")));
        _output.Add("be"u8, FrameFlags.Text | FrameFlags.More);
        _output.Offer(subscription, Text("held"));
        _output.Add("gun"u8, FrameFlags.Text);
        _output.Offer(subscription, new TopicMessage([1], TopicKind.Binary, [65], _memory));

        Assert.Equal(("one", WebSocketMessageType.Text), await _pair.ReceiveAsync());
        Assert.Equal("topic", (await _pair.ReceiveAsync()).Text);
        Assert.Equal("begun", (await _pair.ReceiveAsync()).Text);
        Assert.Equal("held", (await _pair.ReceiveAsync()).Text);
        Assert.Equal(("A", WebSocketMessageType.Binary), await _pair.ReceiveAsync());
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public async Task Session_BeforeThereIsASocket_KeepsWhatComes()
    {
        _output.Offer(Make(), Text("early"));
        _output.Attach(_pair.Wire, deflates: false, static () => { });

        Assert.Equal("early", (await _pair.ReceiveAsync()).Text);
    }

    [Theory]
    [InlineData(SlowPolicy.DropOldest, "filler,3,4")]
    [InlineData(SlowPolicy.Drop, "filler,1,2")]
    public async Task Session_OfASlowClient_DoesWhatThePolicySays(object policy, string expected)
    {
        Subscription subscription = Make((SlowPolicy)policy, 2);
        _output.Attach(_pair.Wire, deflates: false, static () => { });
        _output.Offer(subscription, Text(new string('x', 2000)));
        Offered[] outcomes = [.. Enumerable.Range(1, 4).Select(i => _output.Offer(subscription, Text($"{i}")))];
        Assert.Equal([Offered.Taken, Offered.Taken, Offered.Dropped, Offered.Dropped], outcomes);
        List<string> got = [];
        for (int i = 0; i < 3; i++)
        {
            got.Add((await _pair.ReceiveAsync()).Text);
        }

        Assert.Equal(expected, string.Join(',', got).Replace(new string('x', 2000), "filler", StringComparison.Ordinal));
        await Eventually.HoldsAsync(() => _memory.Used == 0, "nothing to wait any more");
    }

    [Fact]
    public async Task Session_OfASlowClientThatIsToGo_IsClosedWithoutWhatWaits()
    {
        Subscription subscription = Make(SlowPolicy.Close, 1);
        int closing = 0;
        _output.Attach(_pair.Wire, deflates: false, () => closing++);
        _output.Offer(subscription, Text(new string('x', 2000)));
        _output.Offer(subscription, Text("waits"));
        Assert.Equal(Offered.TooSlow, _output.Offer(subscription, Text("too much")));
        _output.Break(SessionEnd.TryAgainLater);
        Assert.Equal((1, 0L), (closing, _memory.Used));

        Assert.Equal(2000, (await _pair.ReceiveAsync()).Text.Length);
        Assert.Equal(WebSocketMessageType.Close, (await _pair.ReceiveAsync()).Type);
        Assert.Equal(1013, (int)_pair.Client.CloseStatus!);
    }

    [Fact]
    public void Session_WhoseMemoryIsUsedUp_DropsAndHoldsNothing()
    {
        var none = new MemoryBudget(10);
        Assert.Equal(Offered.Dropped, _output.Offer(Make(), new TopicMessage([1], TopicKind.Text, [65], none)));
        _output.Stop();

        Assert.Equal(0, none.Used);
    }

    [Fact]
    public void Frames_AreMadeOnceForAll()
    {
        TopicMessage message = Text(new string('a', 1000));

        Assert.Same(TopicFrames.FrameOf(message, deflates: false), TopicFrames.FrameOf(message, deflates: false));
        Assert.Same(TopicFrames.FrameOf(message, deflates: true), TopicFrames.FrameOf(message, deflates: true));
        Assert.True(TopicFrames.FrameOf(message, deflates: true).Length < 100);
        Assert.Equal(1004, TopicFrames.FrameOf(message, deflates: false).Length);
        Assert.Same(TopicFrames.FrameOf(Text("short"), false).GetType(), TopicFrames.FrameOf(Text("short"), true).GetType());
    }

    [Theory]
    [InlineData("one", "data: one\n\n")]
    [InlineData("one\ntwo\r\nthree\rfour\n", "data: one\ndata: two\ndata: three\ndata: four\ndata: \n\n")]
    [InlineData("", "data: \n\n")]
    public void Events_HaveALineForEach(string text, string expected) => Assert.Equal(expected, Encoding.UTF8.GetString(TopicFrames.EventOf(Text(text))));

    [Fact]
    public void Events_OfMembersHaveAName_AndBytesAreAsTheyAre()
    {
        byte[] bytes = [0, 1];

        Assert.Equal("event: join\ndata: {}\n\n", Encoding.UTF8.GetString(TopicFrames.EventOf(new TopicMessage([1], TopicKind.Join, "{}"u8.ToArray(), _memory))));
        Assert.Same(bytes, TopicFrames.EventOf(new TopicMessage([1], TopicKind.Binary, bytes, _memory)));
    }

    [Fact]
    public async Task Response_MessagesOfTopics_StandBetweenWhatTheApplicationSends()
    {
        ResponseBody body = Open(null);
        var messages = new StreamMessages();
        body.Messages = messages;
        PipeReader reader = body.Reader;
        Assert.IsType<ResponseReader>(reader);
        ValueTask<ReadResult> waiting = reader.ReadAsync();
        Assert.False(waiting.IsCompleted);
        messages.Offer(Make(), Text("hello"));
        body.Waking.CancelPendingRead();
        ReadResult read = await waiting;
        Assert.Equal("data: hello\n\n", Encoding.UTF8.GetString(read.Buffer.ToArray()));
        reader.AdvanceTo(read.Buffer.GetPosition(6));
        Assert.True(reader.TryRead(out read));
        Assert.Equal("hello\n\n", Encoding.UTF8.GetString(read.Buffer.ToArray()));
        reader.AdvanceTo(read.Buffer.End);
        Assert.True(body.TryAdd("own"u8, end: false, out _, out _));
        body.Flush();
        Assert.True(reader.TryRead(out read));
        Assert.Equal("own", Encoding.UTF8.GetString(read.Buffer.ToArray()));

        // What the application has sent and nobody has taken whole comes first.
        reader.AdvanceTo(read.Buffer.GetPosition(1), read.Buffer.End);
        messages.Offer(Make(), Text("later"));
        Assert.False(reader.TryRead(out _));
        Assert.True(body.TryAdd("!"u8, end: false, out _, out _));
        body.Flush();
        Assert.True(reader.TryRead(out read));
        Assert.Equal("wn!", Encoding.UTF8.GetString(read.Buffer.ToArray()));
        Assert.Equal(17, body.BytesReceived);
        messages.End();
        body.Release();
        Assert.Equal(0, _memory.Used);
    }

    [Fact]
    public void Response_CreditForTheWorker_IsForItsOwnBytesAlone()
    {
        ResponseBody body = Open(null);
        var messages = new StreamMessages();
        body.Messages = messages;
        messages.Offer(Make(), new TopicMessage([1], TopicKind.Binary, new byte[60], _memory));
        Assert.NotNull(body.TryTakeMessage());
        Assert.False(body.OnTaken(60));
        Assert.True(body.OnTaken(30));
        Assert.Equal(30u, body.TakeGrant(goesOn: true));
        body.Release();
    }

    [Theory]
    [InlineData(100L, false)]
    [InlineData(null, true)]
    public void Response_WhoseLengthIsKnown_TakesNone(long? announced, bool expected) => Assert.Equal(expected, Open(announced).TakesMessages);

    [Fact]
    public void Subscriptions_OfAConnection_AreKeptOnceAndEndWithIt()
    {
        TopicAccess access = TopicAccess.Open(_hub)!;
        var topics = new StreamTopics(access, new Nobody());
        var message = new SubscribeMessage { Operation = (byte)StateOperation.Subscribe, Topic = "room"u8, Limit = 1 };
        Assert.Equal(StateStatus.Done, topics.Apply(message, out _));
        Assert.Equal(StateStatus.Done, topics.Apply(message, out _));
        Assert.Equal(1, _hub.ReadFigures().Subscriptions);
        var end = new SubscribeMessage { Operation = (byte)StateOperation.Unsubscribe, Topic = "room"u8 };
        Assert.Equal(StateStatus.Done, topics.Apply(end, out _));
        Assert.Equal(StateStatus.Missing, topics.Apply(end, out _));
        topics.Apply(message, out _);
        topics.End();
        topics.End();

        Assert.Equal(0, _hub.ReadFigures().Subscriptions);
        Assert.Equal(StateStatus.Missing, topics.Apply(message, out _));
        topics.Counts.OnDropped();
        Assert.Equal(1, _hub.ReadFigures().Dropped);
    }

    private static ResponseBody Open(long? announced)
    {
        var body = new ResponseBody(ResponseBodyTests.Resources(100, 1000, 1_000_000));
        body.Begin(announced, isDropped: false, length: 0, end: false);
        body.Open([]);
        return body;
    }

    private Subscription Make(SlowPolicy policy = SlowPolicy.DropOldest, int limit = 10)
        => new(new Topic([1]), new Nobody(), new SubscriptionOptions(policy, limit, HasEvents: false), [], new TopicShare(_memory));

    private TopicMessage Text(string text) => new([1], TopicKind.Text, Encoding.UTF8.GetBytes(text), _memory);

    private sealed class Nobody : ITopicTarget
    {
        public int Lane => 0;

        public void Deliver(Subscription subscription, TopicMessage message)
        {
        }
    }
}
