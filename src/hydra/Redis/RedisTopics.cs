using System.Buffers.Binary;
using System.Text;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Topics;

namespace Hydra.Redis;

/// <summary>
/// Publishing and subscribing for several servers: a message goes to the Redis, which sends it to each front where somebody has subscribed to its topic, also the one where it was published: so all have
/// them in the same order. Any thread.
/// </summary>
internal sealed class RedisTopics : ITopicRelay
{
    // Of a message: the front's name, its number there, what it is, the length of the member's name; then that, then the data.
    private const int NumberAt = 16;
    private const int KindAt = 24;
    private const int MemberAt = 25;
    private const int HeadSize = 27;

    private readonly RedisEngine _engine;
    private readonly RedisKeys _keys;
    private readonly TopicHub _hub;
    private readonly RedisChannels _channels;
    private readonly byte[] _name;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Published> _published = [];
    private long _number;

    /// <summary>Of an application.</summary>
    public RedisTopics(RedisEngine engine, RedisKeys keys, TopicHub hub)
    {
        _engine = engine;
        _keys = keys;
        _hub = hub;
        _name = Encoding.UTF8.GetBytes(engine.Name);
        _channels = new RedisChannels(engine, keys);
        engine.OnAttached(hub.Announce);
        engine.OnRenewal(hub.Announce);
        engine.OnDetached(OnDetached);
    }

    /// <inheritdoc/>
    public bool IsUp => _engine.IsUp;

    /// <inheritdoc/>
    public void Publish(byte[] topic, TopicKind kind, byte[] data, TopicAnswer answer)
    {
        byte[] channel = _keys.Of('s', topic);
        var published = new Published(answer, _engine.Subscriber.IsSubscribed(channel, null));
        long number;
        lock (_gate)
        {
            number = ++_number;
            _published[number] = published;
        }

        RespWriter words = RedisWords.Of(_keys.Of('n', topic)).Add(channel).Add(Message(number, kind, [], data)).Add(_engine.Fronts).Add(_engine.Name);
        _engine.Pipe.Send(new RedisCall(RedisScripts.Publish, words, said => OnPublished(number, said)));
    }

    /// <inheritdoc/>
    public StateResult? Execute(in StateCall call, StateOwner owner, TopicAnswer answer)
    {
        if (call.Operation is not StateOperation.Presence)
        {
            return _channels.Execute(call, owner, answer);
        }

        RespWriter words = RedisWords.Of(_keys.Of('n', call.Key), _keys.Of('p', call.Key)).Add(_engine.Fronts).Add(_engine.Name.Length).Add(call.Number == 0 ? 0 : 1);
        _engine.Pipe.Send(new RedisCall(RedisScripts.Presence, words, said =>
            answer.Caller?.Reply(answer.Sequence, said.IsGood ? new StateResult(StateStatus.Done, said.Value[1].AsNumber, Value: RedisMembers.List(said.Value[2])) : said.Trouble))
        {
            IsRepeatable = true,
        });
        return null;
    }

    /// <inheritdoc/>
    public bool Abandon(StateOwner owner, TopicAnswer answer) => _channels.Abandon(owner, answer);

    /// <inheritdoc/>
    public void Forget(StateOwner owner, IStateCaller? caller) => _channels.Forget(owner, caller);

    /// <inheritdoc/>
    public void OnCount(byte[] topic, int count)
    {
        byte[] channel = _keys.Of('s', topic);
        if (count > 0)
        {
            _engine.Subscriber.Subscribe(channel);
        }
        else
        {
            _engine.Subscriber.Unsubscribe(channel);
        }

        Send(RedisScripts.Count, RedisWords.Of(_keys.Of('n', topic)).Add(_engine.Name).Add(count));
    }

    /// <inheritdoc/>
    public void OnMember(byte[] topic, byte[] member, int count, byte[] info)
    {
        var known = new TopicMember(member, info);
        byte[] Event(TopicKind kind) => Message(0, kind, member, TopicEvents.Write(kind, topic, known));
        RespWriter words = RedisWords.Of(_keys.Of('p', topic), _keys.Of('n', topic)).Add(_engine.Name).Add(member).Add(count).Add(info).Add(_engine.Fronts).Add(_keys.Of('s', topic))
            .Add(Event(TopicKind.Join)).Add(Event(TopicKind.Leave));
        Send(RedisScripts.Member, words);
    }

    /// <inheritdoc/>
    public bool IsSubscribed(byte[] topic, Action<bool> then) => _engine.Subscriber.IsSubscribed(_keys.Of('s', topic), then);

    /// <summary>The server says something of a key.</summary>
    /// <returns>Whether it is a channel of this application.</returns>
    public bool OnWord(ReadOnlySpan<byte> key) => _channels.OnWord(key);

    /// <summary>Something was published.</summary>
    /// <returns>Whether it is a topic of this application.</returns>
    public bool OnMessage(byte[] channel, byte[] message)
    {
        if (!_keys.TryName(channel, 's', out byte[] topic))
        {
            return false;
        }

        if (message.Length < HeadSize)
        {
            return true;
        }

        // Anybody may publish there: what is none of ours is left out.
        int length = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(MemberAt));
        var kind = (TopicKind)message[KindAt];
        if (message.Length < HeadSize + length || !Enum.IsDefined(kind))
        {
            return true;
        }

        long number = message.AsSpan(0, NumberAt).SequenceEqual(_name) ? BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(NumberAt)) : 0;
        Receiver? receiver = number > 0 ? new Receiver(count => OnDelivered(number, count)) : null;
        _hub.Deliver(topic, kind, message[(HeadSize + length)..], message.AsSpan(HeadSize, length).ToArray(), new TopicAnswer(receiver, 0));
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _channels.Dispose();

    private byte[] Message(long number, TopicKind kind, byte[] member, byte[] data)
    {
        byte[] message = new byte[HeadSize + member.Length + data.Length];
        _name.CopyTo(message, 0);
        BinaryPrimitives.WriteInt64LittleEndian(message.AsSpan(NumberAt), number);
        message[KindAt] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(MemberAt), (ushort)member.Length);
        member.CopyTo(message, HeadSize);
        data.CopyTo(message, HeadSize + member.Length);
        return message;
    }

    // Absolute numbers: what is lost is said again when there is a server.
    private void Send(RedisScript script, RespWriter words) => _engine.Pipe.Send(new RedisCall(script, words, static _ => { }) { IsRepeatable = true });

    private void OnPublished(long number, RedisAnswer said)
    {
        Published published;
        lock (_gate)
        {
            published = _published[number];
            if (said.IsGood)
            {
                published.Others = said.Value[1].AsNumber;
                if (published.Here is null && published.IsHere && _engine.Subscriber.IsAttached)
                {
                    return;
                }
            }

            _published.Remove(number);
        }

        published.Answer.Caller?.Reply(published.Answer.Sequence, said.IsGood ? published.Result : said.Trouble);
    }

    private void OnDelivered(long number, long count)
    {
        Published? published;
        lock (_gate)
        {
            if (!_published.TryGetValue(number, out published))
            {
                return;
            }

            published.Here = count;
            if (published.Others is null)
            {
                return;
            }

            _published.Remove(number);
        }

        published.Answer.Caller?.Reply(published.Answer.Sequence, published.Result);
    }

    // What was published and has not come back does not come any more.
    private void OnDetached()
    {
        List<Published> all = [];
        lock (_gate)
        {
            foreach ((long number, Published published) in _published.Where(static one => one.Value.Others is not null).ToArray())
            {
                _published.Remove(number);
                all.Add(published);
            }
        }

        foreach (Published published in all)
        {
            published.Answer.Caller?.Reply(published.Answer.Sequence, published.Result);
        }
    }

    private sealed class Published(TopicAnswer answer, bool isHere)
    {
        public TopicAnswer Answer => answer;

        /// <summary>Whether it comes here, too.</summary>
        public bool IsHere => isHere;

        /// <summary>How many have got it here; null where it has not come.</summary>
        public long? Here { get; set; }

        /// <summary>How many get it elsewhere; null where the server has not said so.</summary>
        public long? Others { get; set; }

        public StateResult Result => new(StateStatus.Done, (Others ?? 0) + (Here ?? 0));
    }

    private sealed class Receiver(Action<long> told) : IStateCaller
    {
        public void Reply(uint sequence, in StateResult result) => told(result.Number);
    }
}
