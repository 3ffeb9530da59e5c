using Hydra.State;

namespace Hydra.Topics;

/// <summary>What the workers of an application share.</summary>
/// <param name="Values">Values, counters, locks; null where that is switched off.</param>
/// <param name="Topics">What is published and who gets it; null where that is switched off.</param>
internal sealed record SharedState(IStateStore? Values, TopicHub? Topics);

/// <summary>Publishing and subscribing for one worker.</summary>
/// <param name="Hub">Where.</param>
/// <param name="Share">What the worker has of it.</param>
internal sealed record TopicAccess(TopicHub Hub, TopicShare Share)
{
    /// <summary>Of a worker that begins; null where it is switched off.</summary>
    public static TopicAccess? Open(TopicHub? hub) => hub is null ? null : new TopicAccess(hub, hub.OpenShare());
}
