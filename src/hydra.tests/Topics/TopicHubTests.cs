using System.Text;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Tests.State;
using Hydra.Topics;
using Xunit;

namespace Hydra.Tests.Topics;

/// <summary>Who gets what is published, when, and what is refused.</summary>
public sealed class TopicHubTests : IDisposable
{
    private readonly Queue<IThreadPoolWorkItem> _posted = new();
    private readonly StateClock _clock = new();
    private readonly TopicHub _hub;
    private readonly TopicShare _share;
    private readonly StateOwner _owner = new();
    private readonly Caller _caller = new();
    private uint _sequence;

    public TopicHubTests()
    {
        _hub = new TopicHub(1 << 20, [_posted.Enqueue, _posted.Enqueue], _clock);
        _share = _hub.OpenShare();
    }

    public void Dispose() => _hub.Dispose();

    [Fact]
    public void Publish_ReachesEachSubscriberOnce_AndIsAnsweredWhenItHas()
    {
        Client[] clients = [.. Enumerable.Range(0, 300).Select(i => new Client(i % 2))];
        foreach (Client client in clients)
        {
            Subscribe(client, "room");
        }

        Client other = new(0);
        Subscribe(other, "elsewhere");
        Assert.Null(Call(StateOperation.Publish, "room", "hello"));
        Assert.Empty(_caller.Replies);
        RunAll();

        Assert.All(clients, static client => Assert.Equal(["hello"], client.Got));
        Assert.Empty(other.Got);
        Assert.Equal((_sequence, StateStatus.Done, 300), Assert.Single(_caller.Replies));
    }

    [Fact]
    public void Publish_ManyMessages_ComeToAllInTheSameOrder()
    {
        Client[] clients = [new(0), new(1)];
        Array.ForEach(clients, client => Subscribe(client, "room"));
        string[] sent = [.. Enumerable.Range(0, 500).Select(static i => $"{i}")];
        foreach (string text in sent)
        {
            Call(StateOperation.Publish, "room", text);
        }

        RunAll();
        Assert.All(clients, client => Assert.Equal(sent, client.Got));
    }

    [Fact]
    public void Publish_ToNobody_IsDoneAtOnce() => Assert.Equal((StateStatus.Done, 0L), Outcome(Call(StateOperation.Publish, "room", "hello")));

    [Fact]
    public void Unsubscribe_WhileAMessageIsUnderWay_GetsNothingMore()
    {
        Client client = new(0);
        Subscription subscription = Subscribe(client, "room")!;
        Call(StateOperation.Publish, "room", "late");
        _hub.Unsubscribe(subscription);
        _hub.Unsubscribe(subscription);
        RunAll();

        Assert.Empty(client.Got);
        Assert.Equal((0, 0, 0L), (_hub.ReadFigures().Topics, _hub.ReadFigures().Subscriptions, _hub.ReadFigures().Bytes));
    }

    [Fact]
    public void Flood_OfOneWorker_WaitsBehindItsOwn()
    {
        for (int i = 0; i < TopicShare.MostUnderWay / 100; i++)
        {
            Subscribe(new Client(0), "crowd");
        }

        Client bystander = new(0);
        Subscribe(bystander, "quiet");
        for (int i = 0; i < 300; i++)
        {
            Call(StateOperation.Publish, "crowd", "flood");
        }

        TopicShare another = _hub.OpenShare();
        Call(StateOperation.Publish, "quiet", "hello", share: another);
        int runs = 0;
        while (bystander.Got.Count == 0)
        {
            _posted.Dequeue().Execute();
            runs++;
        }

        // What the flood may have under way, and no more.
        Assert.InRange(runs, 1, (2 * (int)TopicShare.MostUnderWay / 128) + 2);
        RunAll();
        Assert.Equal(301, _caller.Replies.Count);
    }

    [Fact]
    public void Memory_OfOneWorker_IsHalfOfAll()
    {
        int count = 0;
        while (_hub.Subscribe(new Client(0), Message($"topic-{count}"), _share, out _) is StateStatus.Done)
        {
            count++;
        }

        Assert.InRange(_hub.ReadFigures().Bytes, (1 << 19) - 1000, 1 << 19);
        Assert.Equal(StateStatus.Done, _hub.Subscribe(new Client(0), Message("mine"), _hub.OpenShare(), out _));
        Assert.True(_hub.ReadFigures().Refused > 0);
    }

    [Theory]
    [InlineData("", 10u, 0, StateStatus.Invalid)]
    [InlineData("room", 0u, 0, StateStatus.Invalid)]
    [InlineData("room", 2_000_000u, 0, StateStatus.Invalid)]
    [InlineData("room", 10u, 3, StateStatus.Invalid)]
    [InlineData("room", 10u, 2, StateStatus.Done)]
    public void Subscribe_ThatMakesNoSense_IsRefused(string topic, uint limit, int policy, object expected)
        => Assert.Equal(
            expected,
            _hub.Subscribe(new Client(0), new SubscribeMessage { Topic = Encoding.UTF8.GetBytes(topic), Limit = limit, Policy = (byte)policy }, _share, out _));

    [Fact]
    public void Names_ThatAreNoText_AreRefused()
    {
        Assert.Equal(StateStatus.Invalid, _hub.Subscribe(new Client(0), new SubscribeMessage { Topic = [0xff], Limit = 1 }, _share, out _));
        Assert.Equal(StateStatus.Invalid, Outcome(Call(StateOperation.Publish, new string('x', ProtocolLimits.MaxTopic + 1), "")).Status);
        Assert.Equal(StateStatus.TooLarge, Outcome(Call(StateOperation.Publish, "room", new string('x', 1 << 19))).Status);
    }

    [Fact]
    public void Presence_OfSeveralConnections_HasComeOnceAndLeftOnce()
    {
        Client watcher = new(0);
        Subscribe(watcher, "room", events: true);
        Client deaf = new(0);
        Subscribe(deaf, "room");
        Subscription first = Subscribe(new Client(0), "room", "alice", """{"age":3}""")!;
        Subscription second = Subscribe(new Client(1), "room", "alice")!;
        RunAll();
        Assert.Equal(["""{"event":"join","topic":"room","member":"alice","info":{"age":3}}"""], watcher.Got);
        Assert.Equal(4L, Outcome(Call(StateOperation.Presence, "room", "", number: 1)).Number);
        _hub.Unsubscribe(first);
        RunAll();
        Assert.Single(watcher.Got);
        _hub.Unsubscribe(second);
        RunAll();

        Assert.Equal("""{"event":"leave","topic":"room","member":"alice","info":{"age":3}}""", watcher.Got[1]);
        Assert.Empty(deaf.Got);
        Assert.Empty(Call(StateOperation.Presence, "room", "", number: 1)!.Value.Value!);
    }

    [Fact]
    public void Mailbox_GivesWhatWaits_AndAnswersWhoWaits()
    {
        Call(StateOperation.Subscribe, "news", "", number: 7, other: 3);
        Call(StateOperation.Publish, "news", "one");
        Call(StateOperation.Publish, "news", "two");
        StateResult both = Call(StateOperation.Take, "", "", number: 7)!.Value;
        Assert.Equal((StateStatus.Done, 2L), Outcome(both));
        Assert.Equal(StateStatus.TimedOut, Outcome(Call(StateOperation.Take, "", "", number: 7)).Status);
        Assert.Null(Call(StateOperation.Take, "", "", number: 7, wait: uint.MaxValue));
        uint waiting = _sequence;
        Assert.Equal(StateStatus.Invalid, Outcome(Call(StateOperation.Take, "", "", number: 7, wait: uint.MaxValue)).Status);
        Call(StateOperation.Publish, "news", "three");

        Assert.Equal((waiting, StateStatus.Done, 1), Assert.Single(_caller.Replies));
        Assert.Equal(StateStatus.Missing, Outcome(Call(StateOperation.Take, "", "", number: 8)).Status);
    }

    [Theory]
    [InlineData(SlowPolicy.DropOldest, StateStatus.Done, 2)]
    [InlineData(SlowPolicy.Drop, StateStatus.Done, 2)]
    [InlineData(SlowPolicy.Close, StateStatus.Done, 3)]
    public void Mailbox_ThatIsFull_DoesWhatItsPolicySays(object policy, object status, long count)
    {
        Call(StateOperation.Subscribe, "news", "", number: 7, other: 3, milliseconds: (byte)(SlowPolicy)policy);
        foreach (string text in (string[])["1", "2", "3", "4", "5"])
        {
            Call(StateOperation.Publish, "news", text);
        }

        StateResult taken = Call(StateOperation.Take, "", "", number: 7)!.Value;
        Assert.Equal((status, 3L), (taken.Status, taken.Number));
        Assert.Equal((SlowPolicy)policy is SlowPolicy.Close ? 1 : count, taken.Other);
        Assert.Contains((SlowPolicy)policy is SlowPolicy.DropOldest ? "5" : "1", Encoding.UTF8.GetString(taken.Value!), StringComparison.Ordinal);
        Assert.Equal((SlowPolicy)policy is SlowPolicy.Close ? StateStatus.Refused : StateStatus.TimedOut, Outcome(Call(StateOperation.Take, "", "", number: 7)).Status);
    }

    [Fact]
    public void Answer_ThatNobodyReads_IsGivenAgain()
    {
        Call(StateOperation.Subscribe, "news", "", number: 7, other: 3);
        Call(StateOperation.Publish, "news", "one");
        Call(StateOperation.Take, "", "", number: 7);
        Call(StateOperation.Publish, "news", "two");
        Assert.False(_hub.Abandon(_owner, _caller, _sequence - 1));

        string again = Encoding.UTF8.GetString(Call(StateOperation.Take, "", "", number: 7)!.Value.Value!);
        Assert.True(again.IndexOf("one", StringComparison.Ordinal) < again.IndexOf("two", StringComparison.Ordinal));
        Assert.Contains("one", again, StringComparison.Ordinal);
    }

    [Fact]
    public void Process_ThatHasEnded_LeavesNothing()
    {
        Call(StateOperation.Subscribe, "news", "", number: 7, other: 3);
        Call(StateOperation.Take, "", "", number: 7, wait: uint.MaxValue);
        Call(StateOperation.Pull, "channel", "", wait: uint.MaxValue);
        _hub.OnClosed(_owner, _caller);
        _hub.OnEnded(_owner);

        Assert.Equal((0, 0, 0L), (_hub.ReadFigures().Topics, _hub.ReadFigures().Subscriptions, _hub.ReadFigures().Bytes));
        Assert.Equal(StateStatus.Done, Outcome(Call(StateOperation.Push, "channel", "kept", number: 1)).Status);
        Assert.Equal("kept", Encoding.UTF8.GetString(Call(StateOperation.Pull, "channel", "")!.Value.Value!));
    }

    [Fact]
    public void Channel_HasItsCapacity_AndMessagesGetTooOld()
    {
        Assert.Equal(StateStatus.Done, Outcome(Call(StateOperation.Push, "channel", "a", number: 2, milliseconds: 1000)).Status);
        Assert.Equal(StateStatus.Done, Outcome(Call(StateOperation.Push, "channel", "b", number: 2, milliseconds: 5000)).Status);
        Assert.Equal(StateStatus.Refused, Outcome(Call(StateOperation.Push, "channel", "c", number: 2, milliseconds: 1000)).Status);
        _clock.Advance(2);
        Assert.Equal("b", Encoding.UTF8.GetString(Call(StateOperation.Pull, "channel", "")!.Value.Value!));
        Assert.Null(Call(StateOperation.Pull, "channel", "", wait: 500));
        uint waiting = _sequence;
        _clock.Advance(1);

        Assert.Equal((waiting, StateStatus.TimedOut, 0), Assert.Single(_caller.Replies));
        Assert.Equal(0, _hub.ReadFigures().Bytes);
    }

    [Fact]
    public void Channel_GivesToThoseWhoWait_InTheOrderOfComing()
    {
        Call(StateOperation.Pull, "channel", "", wait: uint.MaxValue);
        uint first = _sequence;
        Call(StateOperation.Pull, "channel", "", wait: uint.MaxValue);
        uint second = _sequence;
        Call(StateOperation.Pull, "channel", "", wait: uint.MaxValue);
        Assert.True(_hub.Abandon(_owner, _caller, second));
        Call(StateOperation.Push, "channel", "a", number: 1);
        Call(StateOperation.Push, "channel", "b", number: 1);

        Assert.Equal([first, second + 1], _caller.Replies.Select(static reply => reply.Sequence));
    }

    [Fact]
    public void Group_SendsIntoItsChannelsThatHaveRoom()
    {
        foreach (string channel in (string[])["a", "b", "c"])
        {
            Call(StateOperation.GroupAdd, "group", channel, number: 1, milliseconds: 10_000);
        }

        Call(StateOperation.GroupDiscard, "group", "c");
        Call(StateOperation.Push, "b", "full", number: 1);
        StateResult sent = Call(StateOperation.GroupSend, "group", "hello", milliseconds: 1000)!.Value;
        Assert.Equal((1L, 1L), (sent.Number, sent.Other));
        Assert.Equal("hello", Encoding.UTF8.GetString(Call(StateOperation.Pull, "a", "")!.Value.Value!));
        Assert.Equal(StateStatus.TimedOut, Outcome(Call(StateOperation.Pull, "c", "")).Status);
        _clock.Advance(11);
        Assert.Equal(0, Call(StateOperation.GroupSend, "group", "late", milliseconds: 1000)!.Value.Number);
        Assert.Equal(1, Outcome(Call(StateOperation.Flush, "b", "")).Number);

        Assert.Equal(0, _hub.ReadFigures().Bytes);
    }

    [Fact]
    public void Calls_ThatAreRandom_LeaveNothingBehind()
    {
        var random = new Random(7);
        StateOperation[] operations = [.. Enum.GetValues<StateOperation>().Where(TopicHub.Knows)];
        string[] names = ["", "a", "b", "ab", "é"];
        List<StateOwner> owners = [new(), new(), new()];
        List<Client> clients = [new(0), new(1)];
        List<Subscription> subscriptions = [];
        for (int i = 0; i < 20_000; i++)
        {
            StateOwner owner = owners[random.Next(owners.Count)];
            Call(
                operations[random.Next(operations.Length)], names[random.Next(names.Length)], names[random.Next(names.Length)], random.Next(4), random.Next(4), random.Next(4),
                random.Next(3) == 0 ? 0 : (uint)random.Next(50), owner: owner);
            switch (random.Next(8))
            {
                case 0 when Subscribe(clients[random.Next(2)], names[1 + random.Next(4)], names[random.Next(names.Length)], "1", random.Next(2) == 0) is { } made:
                    subscriptions.Add(made);
                    break;
                case 1 when subscriptions.Count > 0:
                    _hub.Unsubscribe(subscriptions[random.Next(subscriptions.Count)]);
                    break;
                case 2:
                    _hub.Abandon(owner, _caller, (uint)random.Next((int)_sequence));
                    break;
                case 3:
                    _clock.Advance(random.Next(5) / 1000.0);
                    break;
                case 4 when _posted.TryDequeue(out IThreadPoolWorkItem? work):
                    work.Execute();
                    break;
                case 5 when random.Next(50) == 0:
                    _hub.OnEnded(owner);
                    break;
                default:
                    break;
            }
        }

        RunAll();
        subscriptions.ForEach(_hub.Unsubscribe);
        owners.ForEach(_hub.OnEnded);
        _hub.OnClosed(_owner, _caller);
        Call(StateOperation.Flush, "", "");
        RunAll();

        Assert.Equal((0, 0, 0L), (_hub.ReadFigures().Topics, _hub.ReadFigures().Subscriptions, _hub.ReadFigures().Bytes));
    }

    private static (StateStatus Status, long Number) Outcome(StateResult? result) => (result!.Value.Status, result.Value.Number);

    private static SubscribeMessage Message(string topic, string member = "", string info = "", bool events = false) => new()
    {
        Topic = Encoding.UTF8.GetBytes(topic),
        Member = Encoding.UTF8.GetBytes(member),
        Info = Encoding.UTF8.GetBytes(info),
        Limit = 10,
        Options = (byte)(events ? StateOptions.Events : StateOptions.None),
    };

    private Subscription? Subscribe(Client client, string topic, string member = "", string info = "", bool events = false)
    {
        _hub.Subscribe(client, Message(topic, member, info, events), _share, out Subscription? subscription);
        return subscription;
    }

    private StateResult? Call(
        StateOperation operation, string key, string value, long number = 0, long other = 0, long milliseconds = 0, uint wait = 0, TopicShare? share = null, StateOwner? owner = null)
        => _hub.Execute(
            new StateCall
            {
                Operation = operation,
                Options = StateOptions.Text,
                Key = Encoding.UTF8.GetBytes(key),
                Value = Encoding.UTF8.GetBytes(value),
                Number = number,
                Other = other,
                Milliseconds = milliseconds,
                Wait = wait,
                Sequence = ++_sequence,
            },
            owner ?? _owner,
            share ?? _share,
            _caller);

    private void RunAll()
    {
        while (_posted.TryDequeue(out IThreadPoolWorkItem? work))
        {
            work.Execute();
        }
    }

    private sealed class Client(int lane) : ITopicTarget
    {
        public List<string> Got { get; } = [];

        public int Lane => lane;

        public void Deliver(Subscription subscription, TopicMessage message) => Got.Add(Encoding.UTF8.GetString(message.Data));
    }

    private sealed class Caller : IStateCaller
    {
        public List<(uint Sequence, StateStatus Status, int Number)> Replies { get; } = [];

        public void Reply(uint sequence, in StateResult result) => Replies.Add((sequence, result.Status, (int)result.Number));
    }
}
