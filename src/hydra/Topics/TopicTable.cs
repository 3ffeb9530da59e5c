using System.Text.Unicode;
using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Topics;

/// <summary>Who gets what is published where, and who is there. Under the hub's gate.</summary>
/// <param name="lanes">The ways to connections.</param>
/// <param name="counts">Counts what is published.</param>
/// <param name="done">Called when a message has reached all; not under the gate.</param>
/// <param name="relay">Told who has subscribed and who is there; null for nobody.</param>
internal sealed class TopicTable(TopicLane[] lanes, TopicCounts counts, Action<Fanout> done, ITopicRelay? relay = null)
{
    private readonly Dictionary<byte[], Topic> _topics = new(BytesComparer.Instance);

    /// <summary>How many there are.</summary>
    public int Count => _topics.Count;

    /// <summary>Subscriptions.</summary>
    public int Subscriptions { get; private set; }

    /// <summary>Whether a topic, a channel or a group may be called so.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) => name.Length is > 0 and <= ProtocolLimits.MaxTopic && Utf8.IsValid(name);

    /// <summary>The topic with this name; null where nobody has subscribed to it.</summary>
    public Topic? Find(ReadOnlySpan<byte> name) => _topics.Find(name);

    /// <summary>Somebody subscribes, and perhaps says who it is.</summary>
    /// <returns>Null where there is no room.</returns>
    public Subscription? Add(ReadOnlySpan<byte> name, ITopicTarget target, SubscriptionOptions options, ReadOnlySpan<byte> member, TopicShare share, ReadOnlySpan<byte> info = default)
    {
        Topic? topic = Find(name);
        var subscription = new Subscription(topic ?? new Topic(name.ToArray()), target, options, member.ToArray(), share);
        if (!share.Memory.TryTake(subscription.Cost))
        {
            return null;
        }

        topic = subscription.Topic;
        _topics.TryAdd(topic.Name, topic);
        if (member.Length > 0)
        {
            Tell(topic, TopicKind.Join, topic.Join(subscription.Member, info), share);
        }

        topic.Add(subscription);
        Subscriptions++;
        relay?.OnCount(topic.Name, topic.Count);
        TellRelay(topic, subscription.Member, []);
        return subscription;
    }

    /// <summary>A subscription ends.</summary>
    public void Remove(Subscription subscription)
    {
        if (subscription.IsOver)
        {
            return;
        }

        subscription.IsOver = true;
        subscription.Share.Memory.Give(subscription.Cost);
        Subscriptions--;
        Topic topic = subscription.Topic;
        topic.Remove(subscription);
        byte[] info = relay is null ? [] : topic.Members?.Find(subscription.Member)?.Info ?? [];
        if (subscription.Member.Length > 0)
        {
            Tell(topic, TopicKind.Leave, topic.Leave(subscription.Member), subscription.Share);
        }

        if (topic.Count == 0)
        {
            _topics.Remove(topic.Name);
        }

        // Behind what is said of the member: who looks for others of that name looks where somebody subscribes.
        TellRelay(topic, subscription.Member, info);
        relay?.OnCount(topic.Name, topic.Count);
    }

    /// <summary>Tells the relay all that it would have been told.</summary>
    public void Announce()
    {
        foreach (Topic topic in _topics.Values)
        {
            relay?.OnCount(topic.Name, topic.Count);
            foreach (TopicMember member in topic.Members?.Values ?? Enumerable.Empty<TopicMember>())
            {
                relay?.OnMember(topic.Name, member.Name, member.Count, member.Info);
            }
        }
    }

    /// <summary>A message goes to those who are there now.</summary>
    /// <param name="message">The message.</param>
    /// <param name="share">What who publishes it has.</param>
    /// <param name="answer">Told when they have it.</param>
    /// <param name="isRelayed">Whether it was counted where it was published.</param>
    /// <returns>How many they are, where all of them have it already; null where <paramref name="answer"/> is told when they have.</returns>
    public StateResult? Send(TopicMessage message, TopicShare share, TopicAnswer answer, bool isRelayed = false)
    {
        Topic? topic = Find(message.Topic);
        int count = 0;
        int byLanes = 0;
        int sections = 0;
        foreach (TopicSection section in topic?.Sections ?? [])
        {
            count += section.Count;
            byLanes += section.Lane < 0 ? 0 : section.Count;
            sections += section.Lane < 0 ? 0 : 1;
        }

        if (isRelayed)
        {
            counts.OnDelivered(message.IsEvent ? 0 : count);
        }
        else if (!message.IsEvent)
        {
            counts.OnPublished(count);
        }

        Fanout? fanout = sections == 0 || !message.TryHold() ? null
            : new Fanout(message, byLanes, sections, done) { Share = share, Answer = answer, Count = count };
        if (sections > 0 && fanout is null)
        {
            return new StateResult(StateStatus.Full);
        }

        share.UnderWay += byLanes;
        foreach (TopicSection section in topic?.Sections ?? [])
        {
            if (section.Lane >= 0)
            {
                lanes[section.Lane].Add(fanout!, section.Snapshot);
                continue;
            }

            foreach (Subscription subscription in section.Snapshot)
            {
                if (message.IsFor(subscription))
                {
                    subscription.Target.Deliver(subscription, message);
                }
            }
        }

        return fanout is null ? new StateResult(StateStatus.Done, count) : null;
    }

    private void TellRelay(Topic topic, byte[] member, byte[] info)
    {
        if (relay is not null && member.Length > 0)
        {
            TopicMember? known = topic.Members?.Find(member);
            relay.OnMember(topic.Name, member, known?.Count ?? 0, known?.Info ?? info);
        }
    }

    // That somebody comes or leaves is not worth an error where there is no room for it.
    private void Tell(Topic topic, TopicKind kind, TopicMember? member, TopicShare share)
    {
        if (member is not null && topic.Count > 0 && relay is null)
        {
            Send(new TopicMessage(topic.Name, kind, TopicEvents.Write(kind, topic.Name, member), share.Memory), share, default);
        }
    }
}
