using Hydra.Primitives;

namespace Hydra.Topics;

/// <summary>A message that waits until its worker has fewer under way.</summary>
/// <param name="Message">The message.</param>
/// <param name="Answer">Who hears when it has reached all.</param>
internal sealed record ParkedMessage(TopicMessage Message, TopicAnswer Answer);

/// <summary>
/// What one worker has of the memory, half of it at most, and of the way to the subscribers: what it publishes faster than that goes out waits
/// behind its own, and not in front of what others publish. The hub's gate guards all but the memory.
/// </summary>
/// <param name="whole">The memory of all.</param>
internal sealed class TopicShare(MemoryBudget whole)
{
    /// <summary>Deliveries that a worker may have under way; a message goes out as a whole.</summary>
    public const long MostUnderWay = 20_000;

    /// <summary>Its memory. Any thread.</summary>
    public MemoryBudget Memory { get; } = new(whole.Capacity / 2, whole);

    /// <summary>Deliveries that are under way.</summary>
    public long UnderWay { get; set; }

    /// <summary>What waits.</summary>
    public Queue<ParkedMessage> Parked { get; } = new(0);

    /// <summary>Whether a message has to wait.</summary>
    public bool IsBusy => Parked.Count > 0 || UnderWay >= MostUnderWay;
}
