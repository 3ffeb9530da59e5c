namespace Hydra.Topics;

/// <summary>Those of a topic whose messages come by the same lane.</summary>
/// <param name="lane">The lane.</param>
internal sealed class TopicSection(int lane)
{
    private readonly List<Subscription> _all = [];
    private Subscription[]? _snapshot;

    /// <summary>The lane.</summary>
    public int Lane => lane;

    /// <summary>How many there are.</summary>
    public int Count => _all.Count;

    /// <summary>Those who are there now. It does not change any more.</summary>
    public Subscription[] Snapshot => _snapshot ??= [.. _all];

    /// <summary>One more.</summary>
    public void Add(Subscription subscription)
    {
        subscription.Place = _all.Count;
        _all.Add(subscription);
        _snapshot = null;
    }

    /// <summary>One less: the last one takes its place.</summary>
    public void Remove(Subscription subscription)
    {
        Subscription last = _all[^1];
        _all[subscription.Place] = last;
        last.Place = subscription.Place;
        _all.RemoveAt(_all.Count - 1);
        _snapshot = null;
    }
}

/// <summary>Somebody who is in a topic, with as many subscriptions as may be.</summary>
/// <param name="name">Who.</param>
/// <param name="info">What is to be known, in JSON; empty for nothing.</param>
internal sealed class TopicMember(byte[] name, byte[] info)
{
    /// <summary>Who.</summary>
    public byte[] Name => name;

    /// <summary>What is to be known: what the first of the subscriptions has said.</summary>
    public byte[] Info => info;

    /// <summary>Subscriptions.</summary>
    public int Count { get; set; } = 1;
}

/// <summary>A topic: who gets what is published there, and who is there. There is one as long as it has subscriptions. Under the hub's gate.</summary>
/// <param name="name">Its name.</param>
internal sealed class Topic(byte[] name)
{
    private readonly List<TopicSection> _sections = new(1);

    /// <summary>Its name.</summary>
    public byte[] Name => name;

    /// <summary>Subscriptions of all kinds.</summary>
    public int Count { get; private set; }

    /// <summary>Those who have said who they are, by their names.</summary>
    public Dictionary<byte[], TopicMember>? Members { get; private set; }

    /// <summary>Subscriptions by lane.</summary>
    public IReadOnlyList<TopicSection> Sections => _sections;

    /// <summary>One more.</summary>
    public void Add(Subscription subscription)
    {
        int lane = subscription.Target.Lane;
        TopicSection? section = Section(lane);
        if (section is null)
        {
            _sections.Add(section = new TopicSection(lane));
        }

        section.Add(subscription);
        Count++;
    }

    /// <summary>One less.</summary>
    public void Remove(Subscription subscription)
    {
        TopicSection section = Section(subscription.Target.Lane)!;
        section.Remove(subscription);
        if (section.Count == 0)
        {
            _sections.Remove(section);
        }

        Count--;
    }

    /// <summary>Somebody comes, perhaps once more.</summary>
    /// <returns>Who, where that is the first time.</returns>
    public TopicMember? Join(byte[] member, ReadOnlySpan<byte> info)
    {
        Members ??= new Dictionary<byte[], TopicMember>(BytesComparer.Instance);
        if (Members.TryGetValue(member, out TopicMember? known))
        {
            known.Count++;
            return null;
        }

        return Members[member] = new TopicMember(member, info.ToArray());
    }

    /// <summary>Somebody leaves.</summary>
    /// <returns>Who, where that was the last time.</returns>
    public TopicMember? Leave(byte[] member)
    {
        if (Members is null || !Members.TryGetValue(member, out TopicMember? known) || --known.Count > 0)
        {
            return null;
        }

        Members.Remove(member);
        return known;
    }

    private TopicSection? Section(int lane)
    {
        foreach (TopicSection section in _sections)
        {
            if (section.Lane == lane)
            {
                return section;
            }
        }

        return null;
    }
}
