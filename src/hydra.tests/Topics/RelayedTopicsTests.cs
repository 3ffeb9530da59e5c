using System.Text;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Topics;
using Xunit;

namespace Hydra.Tests.Topics;

/// <summary>What a hub says to its relay, and does of what that brings.</summary>
public sealed class RelayedTopicsTests : IDisposable
{
    private readonly Queue<IThreadPoolWorkItem> _posted = new();
    private readonly Relay _relay = new();
    private readonly TopicHub _hub;
    private readonly Told _told = new();

    public RelayedTopicsTests() => _hub = new TopicHub(1 << 20, [_posted.Enqueue], relay: _ => _relay);

    public void Dispose() => _hub.Dispose();

    [Fact]
    public void Message_OfTheRelay_ReachesThoseWhoHaveSubscribed_AndSaysHowMany()
    {
        Client one = Subscribe("room");
        Client two = Subscribe("room");
        _hub.Deliver("room"u8, TopicKind.Text, "hello"u8.ToArray(), [], new TopicAnswer(_told, 5));
        RunAll();

        Assert.Equal((5u, 2L), _told.Last);
        Assert.Equal(["hello"], one.Got);
        Assert.Equal(["hello"], two.Got);
        _hub.Deliver("nobody"u8, TopicKind.Text, "hello"u8.ToArray(), [], new TopicAnswer(_told, 6));
        Assert.Equal((6u, 0L), _told.Last);
        Assert.Equal((0L, 2L), (_hub.ReadFigures().Published, _hub.ReadFigures().Delivered));
    }

    [Fact]
    public void Relay_IsToldWhoComesAndLeaves_AndTellsItThoseWhoWantToHearOfIt()
    {
        Client alice = Subscribe("room", "alice");
        Client again = Subscribe("room", "alice");
        Client bob = Subscribe("room", "bob");
        Assert.Empty(_posted);
        _hub.Deliver("room"u8, TopicKind.Join, "joins"u8.ToArray(), "alice"u8.ToArray(), default);
        RunAll();
        Assert.Equal(["joins"], bob.Got);
        Assert.Empty(alice.Got.Concat(again.Got));
        _hub.Unsubscribe(alice.Subscription!);
        _hub.Unsubscribe(again.Subscription!);
        _hub.Unsubscribe(bob.Subscription!);

        Assert.Equal(
            ["room 1", "room alice 1", "room 2", "room alice 2", "room 3", "room bob 1", "room alice 1", "room 2", "room alice 0", "room 1", "room bob 0", "room 0"], _relay.Heard);
    }

    [Fact]
    public void Announce_SaysAllOfIt()
    {
        Subscribe("room", "alice");
        _relay.Heard.Clear();
        _hub.Announce();

        Assert.Equal(["room 1", "room alice 1"], _relay.Heard);
    }

    [Fact]
    public void Relay_ThatIsNotThere_TakesNoSubscription()
    {
        _relay.IsUp = false;
        var client = new Client();
        Assert.Equal(StateStatus.Unavailable, _hub.Subscribe(client, new SubscribeMessage { Topic = "room"u8, Limit = 1 }, _hub.OpenShare(), out _));
        Assert.Empty(_relay.Heard);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Subscription_IsAnsweredWhenTheRelayHasIt_OrTakenBack(bool isThere)
    {
        Subscribe("room");
        bool isUndone = false;
        List<string> told = [];
        _hub.ConfirmationOf("room"u8.ToArray(), () => isUndone = true)!.Then(status => told.Add($"{status}"));
        Assert.Empty(told);
        _relay.Waiting!(isThere);

        Assert.Equal([isThere ? "Done" : "Unavailable"], told);
        Assert.Equal(!isThere, isUndone);
    }

    private Client Subscribe(string topic, string member = "")
    {
        var client = new Client();
        var message = new SubscribeMessage
        {
            Operation = (byte)StateOperation.Subscribe,
            Topic = Encoding.UTF8.GetBytes(topic),
            Limit = 10,
            Member = Encoding.UTF8.GetBytes(member),
            Options = (byte)StateOptions.Events,
        };
        Assert.Equal(StateStatus.Done, _hub.Subscribe(client, message, _hub.OpenShare(), out Subscription? subscription));
        client.Subscription = subscription;
        return client;
    }

    private void RunAll()
    {
        while (_posted.TryDequeue(out IThreadPoolWorkItem? work))
        {
            work.Execute();
        }
    }

    private sealed class Client : ITopicTarget
    {
        public List<string> Got { get; } = [];

        public Subscription? Subscription { get; set; }

        public int Lane => 0;

        public void Deliver(Subscription subscription, TopicMessage message) => Got.Add(Encoding.UTF8.GetString(message.Data));
    }

    private sealed class Told : IStateCaller
    {
        public (uint Sequence, long Count) Last { get; private set; }

        public void Reply(uint sequence, in StateResult result) => Last = (sequence, result.Number);
    }

    private sealed class Relay : ITopicRelay
    {
        public bool IsUp { get; set; } = true;

        public List<string> Heard { get; } = [];

        public Action<bool>? Waiting { get; private set; }

        public void Publish(byte[] topic, TopicKind kind, byte[] data, TopicAnswer answer) => Heard.Add(Encoding.UTF8.GetString(data));

        public StateResult? Execute(in StateCall call, StateOwner owner, TopicAnswer answer) => null;

        public bool Abandon(StateOwner owner, TopicAnswer answer) => false;

        public void Forget(StateOwner owner, IStateCaller? caller)
        {
        }

        public void OnCount(byte[] topic, int count) => Heard.Add($"{Encoding.UTF8.GetString(topic)} {count}");

        public void OnMember(byte[] topic, byte[] member, int count, byte[] info) => Heard.Add($"{Encoding.UTF8.GetString(topic)} {Encoding.UTF8.GetString(member)} {count}");

        public bool IsSubscribed(byte[] topic, Action<bool> then)
        {
            Waiting = then;
            return false;
        }

        public void Dispose()
        {
        }
    }
}
