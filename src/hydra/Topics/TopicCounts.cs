namespace Hydra.Topics;

/// <summary>What there is to be measured of a hub.</summary>
/// <param name="Topics">Topics that have subscriptions.</param>
/// <param name="Subscriptions">Subscriptions, of connections and of workers.</param>
/// <param name="Bytes">What all of it is counted as.</param>
/// <param name="Limit">What it may take.</param>
/// <param name="Published">Messages that were published.</param>
/// <param name="Delivered">Messages that subscribers were given.</param>
/// <param name="Dropped">Messages that slow subscribers did not get.</param>
/// <param name="Refused">Calls that found no room.</param>
internal readonly record struct TopicFigures(int Topics, int Subscriptions, long Bytes, long Limit, long Published, long Delivered, long Dropped, long Refused);

/// <summary>Counts what happens to messages. Any thread.</summary>
internal sealed class TopicCounts
{
    private long _published;
    private long _delivered;
    private long _dropped;
    private long _refused;

    /// <summary>A message was published, for so many.</summary>
    public void OnPublished(int count)
    {
        Interlocked.Increment(ref _published);
        Interlocked.Add(ref _delivered, count);
    }

    /// <summary>A message that was published elsewhere has come, for so many.</summary>
    public void OnDelivered(int count) => Interlocked.Add(ref _delivered, count);

    /// <summary>Somebody was too slow for a message.</summary>
    public void OnDropped() => Interlocked.Increment(ref _dropped);

    /// <summary>A call has found no room.</summary>
    public void OnRefused() => Interlocked.Increment(ref _refused);

    /// <summary>What was counted.</summary>
    public TopicFigures Read(int topics, int subscriptions, long bytes, long limit)
    {
        long dropped = Interlocked.Read(ref _dropped);
        return new TopicFigures(
            topics, subscriptions, bytes, limit, Interlocked.Read(ref _published), Math.Max(0, Interlocked.Read(ref _delivered) - dropped), dropped, Interlocked.Read(ref _refused));
    }
}
