using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Topics;

/// <summary>A message in a channel: one of those who wait for it gets it.</summary>
/// <param name="Value">What it says.</param>
/// <param name="Due">When it is too old.</param>
/// <param name="Memory">Where it is counted.</param>
internal sealed record ChannelItem(byte[] Value, long Due, MemoryBudget Memory)
{
    /// <summary>What it is counted as.</summary>
    public long Cost => 150 + Value.Length;
}

/// <summary>A channel: what waits to be taken, or who waits for something. There is one as long as there is either.</summary>
/// <param name="name">Its name.</param>
internal sealed class NamedChannel(byte[] name) : DueItem
{
    /// <summary>Its name.</summary>
    public byte[] Name => name;

    /// <summary>What waits, oldest first.</summary>
    public Queue<ChannelItem> Items { get; } = new(0);

    /// <summary>Who waits, in the order of coming.</summary>
    public LinkedList<Taker> Takers { get; } = [];
}

/// <summary>That a channel is in a group.</summary>
/// <param name="group">The group.</param>
/// <param name="channel">The channel.</param>
/// <param name="memory">Where it is counted.</param>
internal sealed class GroupPlace(byte[] group, byte[] channel, MemoryBudget memory) : DueItem
{
    /// <summary>The group.</summary>
    public byte[] Group => group;

    /// <summary>The channel.</summary>
    public byte[] Channel => channel;

    /// <summary>Messages that may wait in the channel.</summary>
    public long Capacity { get; set; }

    /// <summary>What it is counted as.</summary>
    public long Cost => 300 + group.Length + channel.Length;

    /// <summary>It is counted no more.</summary>
    public void Free() => memory.Give(Cost);
}

/// <summary>Channels, whose messages one of those who wait gets, and groups of them: what Django Channels calls so. Under the hub's gate.</summary>
/// <param name="takers">Calls that wait.</param>
/// <param name="answers">What they are told.</param>
/// <param name="due">What is due when.</param>
internal sealed class ChannelTable(Takers takers, TopicAnswers answers, DueQueue due)
{
    private readonly Dictionary<byte[], NamedChannel> _channels = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], Dictionary<byte[], GroupPlace>> _groups = new(BytesComparer.Instance);

    /// <summary>PUSH: a message into a channel, unless as many wait there as may.</summary>
    public StateResult Push(in StateCall call, TopicShare share, long now)
        => TopicTable.IsName(call.Key) ? new(Push(call.Key, call.Value, call.Number, call.EndsAt(now), share, now)) : new(StateStatus.Invalid);

    /// <summary>PULL: takes a message out of a channel, or waits for one.</summary>
    /// <returns>Null where it waits.</returns>
    public StateResult? Pull(in StateCall call, StateOwner owner, TopicAnswer answer, long now)
    {
        if (!TopicTable.IsName(call.Key))
        {
            return new(StateStatus.Invalid);
        }

        NamedChannel? channel = Find(call.Key, now);
        if (channel is not null && channel.Items.TryDequeue(out ChannelItem? item))
        {
            item.Memory.Give(item.Cost);
            ForgetEmpty(channel);
            return new(StateStatus.Done, Value: item.Value);
        }

        if (call.Wait == 0)
        {
            return new(StateStatus.TimedOut);
        }

        channel ??= Make(call.Key);
        var taker = new Taker(answer, owner, ended =>
        {
            channel.Takers.Remove(ended);
            ForgetEmpty(channel);
        });
        takers.Add(taker, call.Wait == uint.MaxValue ? long.MaxValue : now + call.Wait);
        _channels.TryAdd(channel.Name, channel);
        channel.Takers.AddLast(taker);
        return null;
    }

    /// <summary>GROUP_ADD: a channel is in a group for a while, from now on.</summary>
    public StateResult AddToGroup(in StateCall call, TopicShare share, long now)
    {
        if (!TopicTable.IsName(call.Key) || !TopicTable.IsName(call.Value) || call.Number < 1)
        {
            return new(StateStatus.Invalid);
        }

        Dictionary<byte[], GroupPlace>? group = _groups.Find(call.Key);
        GroupPlace? place = group?.Find(call.Value);
        if (place is null)
        {
            place = new GroupPlace(call.Key.ToArray(), call.Value.ToArray(), share.Memory);
            if (!share.Memory.TryTake(place.Cost))
            {
                return new(StateStatus.Full);
            }

            if (group is null)
            {
                _groups[place.Group] = group = new Dictionary<byte[], GroupPlace>(BytesComparer.Instance);
            }

            group[place.Channel] = place;
        }

        place.Capacity = call.Number;
        due.Set(place, call.EndsAt(now));
        return StateResult.Done;
    }

    /// <summary>GROUP_DISCARD: a channel is not in a group any more.</summary>
    public StateResult DiscardFromGroup(in StateCall call)
    {
        if (_groups.Find(call.Key)?.Find(call.Value) is { } place)
        {
            Remove(place);
            return StateResult.Done;
        }

        return new(StateStatus.Missing);
    }

    /// <summary>GROUP_SEND: a message into each channel of a group that has room for it.</summary>
    /// <returns>Into how many it went, and into how many not.</returns>
    public StateResult SendToGroup(in StateCall call, TopicShare share, long now)
    {
        if (_groups.Find(call.Key) is not { } group)
        {
            return new(StateStatus.Done);
        }

        int sent = 0;
        int left = 0;
        byte[] value = call.Value.ToArray();
        foreach (GroupPlace place in group.Values)
        {
            if (place.Due > now)
            {
                bool isIn = Push(place.Channel, value, place.Capacity, call.EndsAt(now), share, now, value) is StateStatus.Done;
                sent += isIn ? 1 : 0;
                left += isIn ? 0 : 1;
            }
        }

        return new(StateStatus.Done, sent, left);
    }

    /// <summary>FLUSH: what is in channels and groups whose names begin so goes.</summary>
    public StateResult Flush(ReadOnlySpan<byte> prefix)
    {
        long count = 0;
        foreach (NamedChannel channel in _channels.Values.ToArray())
        {
            if (channel.Name.AsSpan().StartsWith(prefix))
            {
                count += channel.Items.Count;
                DropOld(channel, long.MaxValue);
            }
        }

        foreach (Dictionary<byte[], GroupPlace> group in _groups.Values.ToArray())
        {
            foreach (GroupPlace place in group.Values.ToArray())
            {
                if (place.Group.AsSpan().StartsWith(prefix))
                {
                    Remove(place);
                }
            }
        }

        return new(StateStatus.Done, count);
    }

    /// <summary>The time of something is over.</summary>
    public void OnDue(DueItem item, long now)
    {
        if (item is GroupPlace place)
        {
            Remove(place);
        }
        else if (item is NamedChannel channel)
        {
            DropOld(channel, now);
        }
    }

    private StateStatus Push(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long capacity, long until, TopicShare share, long now, byte[]? kept = null)
    {
        NamedChannel? channel = Find(name, now);
        if (channel?.Takers.First is { } first)
        {
            Taker taker = first.Value;
            channel.Takers.RemoveFirst();
            takers.Remove(taker);
            answers.Add(taker.Answer, new StateResult(StateStatus.Done, Value: kept ?? value.ToArray()));
            ForgetEmpty(channel);
            return StateStatus.Done;
        }

        if ((channel?.Items.Count ?? 0) >= capacity)
        {
            return StateStatus.Refused;
        }

        var item = new ChannelItem(kept ?? value.ToArray(), until, share.Memory);
        if (!share.Memory.TryTake(item.Cost))
        {
            return StateStatus.Full;
        }

        channel ??= Make(name);
        channel.Items.Enqueue(item);
        if (until < channel.Due)
        {
            due.Set(channel, until);
        }

        return StateStatus.Done;
    }

    private NamedChannel Make(ReadOnlySpan<byte> name)
    {
        var channel = new NamedChannel(name.ToArray());
        return _channels[channel.Name] = channel;
    }

    // A message that is too old is not there, wherever it stands.
    private NamedChannel? Find(ReadOnlySpan<byte> name, long now)
    {
        NamedChannel? channel = _channels.Find(name);
        if (channel is not null && channel.Due <= now)
        {
            DropOld(channel, now);
            return channel.Items.Count > 0 || channel.Takers.Count > 0 ? channel : null;
        }

        return channel;
    }

    // Nothing says that the oldest is the first to be too old: each message has a time of its own.
    private void DropOld(NamedChannel channel, long now)
    {
        long next = long.MaxValue;
        for (int left = channel.Items.Count; left > 0; left--)
        {
            ChannelItem item = channel.Items.Dequeue();
            if (item.Due <= now)
            {
                item.Memory.Give(item.Cost);
            }
            else
            {
                channel.Items.Enqueue(item);
                next = Math.Min(next, item.Due);
            }
        }

        due.Set(channel, next);
        ForgetEmpty(channel);
    }

    private void ForgetEmpty(NamedChannel channel)
    {
        if (channel.Items.Count == 0 && channel.Takers.Count == 0 && _channels.Remove(channel.Name))
        {
            due.Remove(channel);
        }
    }

    private void Remove(GroupPlace place)
    {
        Dictionary<byte[], GroupPlace> group = _groups[place.Group];
        group.Remove(place.Channel);
        due.Remove(place);
        place.Free();
        if (group.Count == 0)
        {
            _groups.Remove(place.Group);
        }
    }
}
