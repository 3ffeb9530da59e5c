using Hydra.Protocol;
using Hydra.Topics;

namespace Hydra.Http;

/// <summary>What the client of a stream has subscribed to, for as long as it is there. Any thread.</summary>
/// <param name="topics">Where.</param>
/// <param name="target">The client.</param>
internal sealed class StreamTopics(TopicAccess topics, ITopicTarget target)
{
    private readonly Lock _lock = new();
    private Dictionary<byte[], Subscription>? _all = new(BytesComparer.Instance);

    /// <summary>Counts what happens to messages.</summary>
    public TopicCounts Counts => topics.Hub.Counts;

    /// <summary>Does what a worker asks for. Who has subscribed already keeps what was said first.</summary>
    /// <param name="message">What the worker says.</param>
    /// <param name="awaited">What the answer has to wait for; null for nothing.</param>
    public StateStatus Apply(in SubscribeMessage message, out TopicConfirmation? awaited)
    {
        awaited = null;
        lock (_lock)
        {
            if (_all is null)
            {
                return StateStatus.Missing;
            }

            var known = _all.GetAlternateLookup<ReadOnlySpan<byte>>();
            if ((StateOperation)message.Operation is StateOperation.Unsubscribe)
            {
                if (!known.Remove(message.Topic, out _, out Subscription? ended))
                {
                    return StateStatus.Missing;
                }

                topics.Hub.Unsubscribe(ended);
                return StateStatus.Done;
            }

            if (known.ContainsKey(message.Topic))
            {
                return StateStatus.Done;
            }

            StateStatus status = topics.Hub.Subscribe(target, message, topics.Share, out Subscription? subscription);
            if (subscription is not null)
            {
                _all[subscription.Topic.Name] = subscription;
                awaited = ConfirmationOf(subscription);
            }

            return status;
        }
    }

    // Null where nobody else is to know of it, or all do.
    private TopicConfirmation? ConfirmationOf(Subscription subscription) => topics.Hub.ConfirmationOf(subscription.Topic.Name, () =>
    {
        lock (_lock)
        {
            _ = _all?.Remove(subscription.Topic.Name);
        }

        topics.Hub.Unsubscribe(subscription);
    });

    /// <summary>The client has left, or is to get nothing more. Again it does nothing.</summary>
    public void End()
    {
        Dictionary<byte[], Subscription>? all;
        lock (_lock)
        {
            (all, _all) = (_all, null);
        }

        foreach (Subscription subscription in all?.Values ?? Enumerable.Empty<Subscription>())
        {
            topics.Hub.Unsubscribe(subscription);
        }
    }
}
