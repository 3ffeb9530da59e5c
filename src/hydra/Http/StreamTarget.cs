using Hydra.Protocol;
using Hydra.Topics;

namespace Hydra.Http;

/// <summary>The client of one response that streams, as topics know it: an exchange serves one request after the other. Any thread.</summary>
internal sealed class StreamTarget : ITopicTarget
{
    private readonly HttpExchange _exchange;
    private readonly StreamTopics _topics;

    /// <summary>Makes it.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="lane">The client's loop.</param>
    /// <param name="access">Where it subscribes.</param>
    public StreamTarget(HttpExchange exchange, int lane, TopicAccess access)
    {
        _exchange = exchange;
        Lane = lane;
        _topics = new StreamTopics(access, this);
    }

    /// <inheritdoc/>
    public int Lane { get; }

    /// <summary>What waits for the client.</summary>
    public StreamMessages Messages { get; } = new();

    /// <inheritdoc cref="StreamTopics.Apply"/>
    public StateStatus Apply(in SubscribeMessage message, out TopicConfirmation? awaited) => _topics.Apply(message, out awaited);

    /// <inheritdoc/>
    public void Deliver(Subscription subscription, TopicMessage message)
    {
        Offered outcome = Messages.Offer(subscription, message);
        if (outcome is not Offered.Taken)
        {
            _topics.Counts.OnDropped();
        }

        if (!_exchange.OnMessage(this))
        {
            End();
        }
        else if (outcome is Offered.TooSlow)
        {
            End();
            _exchange.OnTooSlow(this);
        }
    }

    /// <summary>The client gets nothing more.</summary>
    public void End()
    {
        _topics.End();
        Messages.End();
    }
}
