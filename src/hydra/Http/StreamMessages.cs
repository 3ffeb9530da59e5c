using Hydra.Protocol;
using Hydra.Topics;

namespace Hydra.Http;

/// <summary>Messages of topics that wait for the client of a response that streams. Any thread.</summary>
internal sealed class StreamMessages
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(Subscription Subscription, TopicMessage Message)> _waiting = [];
    private bool _isOver;

    /// <summary>A message for the client.</summary>
    public Offered Offer(Subscription subscription, TopicMessage message)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return Offered.Taken;
            }

            Offered outcome = MakeRoom(subscription, message);
            if (outcome is Offered.TooSlow || !subscription.HasRoom(message) || !message.TryHold())
            {
                return subscription.Options.Policy is SlowPolicy.Close ? Offered.TooSlow : Offered.Dropped;
            }

            subscription.OnQueued(message);
            _waiting.AddLast((subscription, message));
            return outcome;
        }
    }

    /// <summary>Takes the next one.</summary>
    /// <returns>What the client is to get; null where none waits.</returns>
    public byte[]? TryTake()
    {
        lock (_lock)
        {
            if (_waiting.First is not { } first)
            {
                return null;
            }

            _waiting.RemoveFirst();
            byte[] data = TopicFrames.EventOf(first.Value.Message);
            first.Value.Subscription.OnUnqueued(first.Value.Message);
            return data;
        }
    }

    /// <summary>Nobody takes any more.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isOver = true;
            foreach ((Subscription subscription, TopicMessage message) in _waiting)
            {
                subscription.OnUnqueued(message);
            }

            _waiting.Clear();
        }
    }

    // The oldest of this subscription go, as far as it wants that.
    private Offered MakeRoom(Subscription subscription, TopicMessage message)
    {
        if (subscription.HasRoom(message))
        {
            return Offered.Taken;
        }

        if (subscription.Options.Policy is not SlowPolicy.DropOldest)
        {
            return subscription.Options.Policy is SlowPolicy.Close ? Offered.TooSlow : Offered.Dropped;
        }

        LinkedListNode<(Subscription Subscription, TopicMessage Message)>? next = _waiting.First;
        while (next is { } node && !subscription.HasRoom(message))
        {
            next = node.Next;
            if (node.Value.Subscription == subscription)
            {
                _waiting.Remove(node);
                subscription.OnUnqueued(node.Value.Message);
            }
        }

        return Offered.Dropped;
    }
}
