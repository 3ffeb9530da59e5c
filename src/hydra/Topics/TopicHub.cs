using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Topics;

/// <summary>
/// Publishing and subscribing for the workers of an application and the connections of its clients. Any thread; one gate guards all but what goes on in
/// lanes, and nothing is done under it that waits.
/// </summary>
internal sealed class TopicHub : IDisposable
{
    // So much that is due is seen to at a time; then others have their turn.
    private const int MostAtATime = 1000;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly MemoryBudget _memory;
    private readonly TopicCounts _counts = new();
    private readonly TopicAnswers _answers = new();
    private readonly DueQueue _due = new();
    private readonly TopicTable _topics;
    private readonly Takers _takers;
    private readonly MailboxTable _mailboxes;
    private readonly ChannelTable _channels;
    private readonly ITimer _timer;
    private readonly ITopicRelay? _relay;
    private readonly TopicShare _relayed;
    private long _timedFor = long.MaxValue;
    private bool _isDisposed;

    /// <summary>Makes a hub that knows nobody.</summary>
    /// <param name="memory">Bytes that all of it may take.</param>
    /// <param name="lanes">Of each event loop, what has something run on its thread.</param>
    /// <param name="time">The clock.</param>
    /// <param name="relay">Makes what reaches the subscribers of other servers; null where there are none.</param>
    public TopicHub(long memory, IEnumerable<Action<IThreadPoolWorkItem>> lanes, TimeProvider? time = null, Func<TopicHub, ITopicRelay>? relay = null)
    {
        _time = time ?? TimeProvider.System;
        _start = _time.GetTimestamp();
        _memory = new MemoryBudget(memory);
        TopicLane[] ways = [.. lanes.Select(static post => new TopicLane(post))];
        Lanes = ways.Length;
        _relayed = new TopicShare(_memory);
        _relay = relay?.Invoke(this);
        _topics = new TopicTable(ways, _counts, OnDone, _relay);
        _takers = new Takers(_due);
        _mailboxes = new MailboxTable(_topics, _takers, _answers, _counts);
        _channels = new ChannelTable(_takers, _answers, _due);
        _timer = _time.CreateTimer(static hub => ((TopicHub)hub!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many lanes there are.</summary>
    public int Lanes { get; }

    /// <summary>Counts what happens to messages.</summary>
    public TopicCounts Counts => _counts;

    /// <summary>Bytes that a message may have.</summary>
    public long MaxMessage => Math.Min(_memory.Capacity / 4, ProtocolLimits.MaxTopicMessage);

    /// <summary>What a worker that begins has of it.</summary>
    public TopicShare OpenShare() => new(_memory);

    /// <summary>Whether an operation is one of this.</summary>
    public static bool Knows(StateOperation operation) => operation is >= StateOperation.Publish and <= StateOperation.Flush;

    /// <summary>Does what a call says.</summary>
    /// <param name="call">The call.</param>
    /// <param name="owner">The process that makes it.</param>
    /// <param name="share">What its worker has.</param>
    /// <param name="caller">Who hears of what takes its time.</param>
    /// <returns>Null where it takes its time.</returns>
    public StateResult? Execute(in StateCall call, StateOwner owner, TopicShare share, IStateCaller caller)
    {
        var answer = new TopicAnswer(caller, call.Sequence);
        StateResult? result;
        List<(TopicAnswer To, StateResult Result)>? answers;
        if (_relay is not null && call.Operation is not (StateOperation.Subscribe or StateOperation.Unsubscribe or StateOperation.Take))
        {
            return RelayedCalls.Execute(_relay, _counts, call, MaxMessage, owner, answer);
        }

        lock (_gate)
        {
            long now = Now();
            result = call.Value.Length > MaxMessage ? new(StateStatus.TooLarge) : call.Operation switch
            {
                StateOperation.Publish => Publish(call, share, answer),
                StateOperation.Subscribe => _mailboxes.Subscribe(call, owner, share),
                StateOperation.Unsubscribe => _mailboxes.Unsubscribe(call, owner),
                StateOperation.Take => _mailboxes.Take(call, owner, answer, now),
                StateOperation.Presence => Presence(call),
                StateOperation.Push => _channels.Push(call, share, now),
                StateOperation.Pull => _channels.Pull(call, owner, answer, now),
                StateOperation.GroupAdd => _channels.AddToGroup(call, share, now),
                StateOperation.GroupDiscard => _channels.DiscardFromGroup(call),
                StateOperation.GroupSend => _channels.SendToGroup(call, share, now),
                StateOperation.Flush => _channels.Flush(call.Key),
                _ => new(StateStatus.Invalid),
            };
            answers = End(now);
        }

        if (result is { Status: StateStatus.Full })
        {
            _counts.OnRefused();
        }

        TopicAnswers.Tell(answers);
        return result is { Status: StateStatus.Done } && _relay is not null && call.Operation is StateOperation.Subscribe ? Confirm(call, owner, answer) : result;
    }

    /// <summary>A connection subscribes.</summary>
    /// <param name="target">The connection.</param>
    /// <param name="message">What its worker says.</param>
    /// <param name="share">What that has.</param>
    /// <param name="subscription">What comes of it; <see cref="Unsubscribe"/> ends it.</param>
    public StateStatus Subscribe(ITopicTarget target, in SubscribeMessage message, TopicShare share, out Subscription? subscription)
    {
        subscription = null;
        if (SubscriptionOptions.Of(message.Policy, message.Limit, (StateOptions)message.Options) is not { } options
            || !TopicTable.IsName(message.Topic)
            || (message.Member.Length > 0 && !TopicTable.IsName(message.Member))
            || message.Info.Length > ProtocolLimits.MaxMemberInfo)
        {
            return StateStatus.Invalid;
        }

        if (_relay is { IsUp: false })
        {
            return StateStatus.Unavailable;
        }

        List<(TopicAnswer To, StateResult Result)>? answers;
        lock (_gate)
        {
            subscription = _topics.Add(message.Topic, target, options, message.Member, share, message.Info);
            answers = End(Now());
        }

        TopicAnswers.Tell(answers);
        if (subscription is null)
        {
            _counts.OnRefused();
        }

        return subscription is null ? StateStatus.Full : StateStatus.Done;
    }

    /// <summary>What a subscription of a connection has to wait for.</summary>
    /// <returns>Null for nothing.</returns>
    public TopicConfirmation? ConfirmationOf(byte[] topic, Action undo)
        => _relay is null || _relay.IsSubscribed(topic, static _ => { }) ? null : new TopicConfirmation(_relay, topic, undo);

    /// <summary>A message that was published somewhere, for those who have subscribed here.</summary>
    /// <param name="name">The topic.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="data">What it says.</param>
    /// <param name="member">Who does not get it, where it says that somebody has come or left; empty for nobody.</param>
    /// <param name="answer">Told how many have got it.</param>
    public void Deliver(ReadOnlySpan<byte> name, TopicKind kind, byte[] data, byte[] member, TopicAnswer answer)
    {
        List<(TopicAnswer To, StateResult Result)>? answers;
        lock (_gate)
        {
            var message = new TopicMessage(_topics.Find(name)?.Name ?? name.ToArray(), kind, data, _relayed.Memory) { Member = member };
            if (_topics.Send(message, _relayed, answer, isRelayed: true) is { } result)
            {
                _answers.Add(answer, result with { Status = StateStatus.Done });
                if (result.Status is StateStatus.Full)
                {
                    _counts.OnRefused();
                }
            }

            answers = End(Now());
        }

        TopicAnswers.Tell(answers);
    }

    /// <summary>Tells the relay who has subscribed and who is there.</summary>
    public void Announce()
    {
        lock (_gate)
        {
            _topics.Announce();
        }
    }

    /// <summary>A connection wants no more. Again it does nothing.</summary>
    public void Unsubscribe(Subscription subscription)
    {
        List<(TopicAnswer To, StateResult Result)>? answers;
        lock (_gate)
        {
            _topics.Remove(subscription);
            answers = End(Now());
        }

        TopicAnswers.Tell(answers);
    }

    /// <summary>Nobody waits for the answer to that call any more: what was given there is given back.</summary>
    /// <returns>Whether it had waited.</returns>
    public bool Abandon(StateOwner owner, IStateCaller caller, uint sequence)
    {
        if (_relay?.Abandon(owner, new TopicAnswer(caller, sequence)) == true)
        {
            return true;
        }

        lock (_gate)
        {
            if (_takers.Abandon(caller, sequence))
            {
                return true;
            }

            _mailboxes.GiveBack(owner, new TopicAnswer(caller, sequence));
            return false;
        }
    }

    /// <summary>One of the links of a process has closed: what waits there does not any more.</summary>
    public void OnClosed(StateOwner owner, IStateCaller caller)
    {
        _relay?.Forget(owner, caller);
        lock (_gate)
        {
            _takers.Forget(caller);
        }
    }

    /// <summary>A process has ended: it gets nothing more.</summary>
    public void OnEnded(StateOwner owner)
    {
        _relay?.Forget(owner, null);
        List<(TopicAnswer To, StateResult Result)>? answers;
        lock (_gate)
        {
            _mailboxes.Forget(owner);
            answers = End(Now());
        }

        TopicAnswers.Tell(answers);
    }

    /// <summary>What there is to be measured.</summary>
    public TopicFigures ReadFigures()
    {
        lock (_gate)
        {
            return _counts.Read(_topics.Count, _topics.Subscriptions, _memory.Used, _memory.Capacity);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _timer.Dispose();
        _relay?.Dispose();
    }

    // A worker has subscribed, and other servers are to know of it before it hears so.
    private StateResult? Confirm(in StateCall call, StateOwner owner, TopicAnswer answer)
    {
        byte[] topic = call.Key.ToArray();
        long box = call.Number;
        var confirmation = new TopicConfirmation(_relay!, topic, () =>
        {
            lock (_gate)
            {
                _ = _mailboxes.Unsubscribe(new StateCall { Number = box, Key = topic }, owner);
            }
        });
        confirmation.Then(status => answer.Caller!.Reply(answer.Sequence, new StateResult(status)));
        return null;
    }

    // What a worker publishes faster than it goes out waits here, behind its own.
    private StateResult? Publish(in StateCall call, TopicShare share, TopicAnswer answer)
    {
        if (!TopicTable.IsName(call.Key))
        {
            return new(StateStatus.Invalid);
        }

        if (!share.IsBusy && _topics.Find(call.Key) is null)
        {
            _counts.OnPublished(0);
            return new(StateStatus.Done);
        }

        TopicKind kind = call.Has(StateOptions.Text) ? TopicKind.Text : TopicKind.Binary;
        var message = new TopicMessage(_topics.Find(call.Key)?.Name ?? call.Key.ToArray(), kind, call.Value.ToArray(), share.Memory);
        if (!share.IsBusy)
        {
            return _topics.Send(message, share, answer);
        }

        if (!message.TryHold())
        {
            return new(StateStatus.Full);
        }

        share.Parked.Enqueue(new ParkedMessage(message, answer));
        return null;
    }

    private StateResult Presence(in StateCall call)
        => !TopicTable.IsName(call.Key) ? new(StateStatus.Invalid)
            : _topics.Find(call.Key) is not { } topic ? new(StateStatus.Done, 0, Value: [])
            : new(StateStatus.Done, topic.Count, Value: call.Number == 0 ? [] : TopicEvents.List(topic));

    // A message has reached all; on the thread of the lane that was the last one.
    private void OnDone(Fanout fanout)
    {
        List<(TopicAnswer To, StateResult Result)>? answers;
        lock (_gate)
        {
            TopicShare share = fanout.Share;
            share.UnderWay -= fanout.Deliveries;
            _answers.Add(fanout.Answer, new StateResult(StateStatus.Done, fanout.Count));
            while (share.UnderWay < TopicShare.MostUnderWay && share.Parked.TryDequeue(out ParkedMessage? parked))
            {
                if (_topics.Send(parked.Message, share, parked.Answer) is { } result)
                {
                    _answers.Add(parked.Answer, result);
                }

                parked.Message.LetGo();
            }

            answers = End(Now());
        }

        fanout.Message.LetGo();
        TopicAnswers.Tell(answers);
    }

    private void OnTimer()
    {
        List<(TopicAnswer To, StateResult Result)>? answers;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _timedFor = long.MaxValue;
            long now = Now();
            for (int i = 0; i < MostAtATime && _due.Take(now) is { } item; i++)
            {
                if (item is Taker taker)
                {
                    _takers.End(taker);
                    _answers.Add(taker.Answer, new StateResult(StateStatus.TimedOut));
                }
                else
                {
                    _channels.OnDue(item, now);
                }
            }

            answers = End(now);
        }

        TopicAnswers.Tell(answers);
    }

    // What is to be told outside of the gate, and when it has to be looked again.
    private List<(TopicAnswer To, StateResult Result)>? End(long now)
    {
        long next = _due.Next;
        if (next < _timedFor && !_isDisposed)
        {
            _timedFor = next;
            _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(next - now + 1, 1, int.MaxValue)), Timeout.InfiniteTimeSpan);
        }

        return _answers.Take();
    }

    private long Now() => (long)_time.GetElapsedTime(_start).TotalMilliseconds;
}
