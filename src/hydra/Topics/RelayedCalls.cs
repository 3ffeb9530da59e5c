using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Topics;

/// <summary>What is asked of a hub that has a relay, and is that one's to do.</summary>
internal static class RelayedCalls
{
    /// <summary>Has the relay do what a call says.</summary>
    /// <param name="relay">The relay.</param>
    /// <param name="counts">Counts what is published.</param>
    /// <param name="call">The call.</param>
    /// <param name="longest">Bytes that a message may have.</param>
    /// <param name="owner">The process that makes it.</param>
    /// <param name="answer">Who hears of what takes its time.</param>
    /// <returns>Null where it takes its time.</returns>
    public static StateResult? Execute(ITopicRelay relay, TopicCounts counts, in StateCall call, long longest, StateOwner owner, TopicAnswer answer)
    {
        if (call.Value.Length > longest)
        {
            return new StateResult(StateStatus.TooLarge);
        }

        if (call.Operation is not StateOperation.Flush && !TopicTable.IsName(call.Key))
        {
            return new StateResult(StateStatus.Invalid);
        }

        if (call.Operation is not StateOperation.Publish)
        {
            return relay.Execute(call, owner, answer);
        }

        counts.OnPublished(0);
        relay.Publish(call.Key.ToArray(), call.Has(StateOptions.Text) ? TopicKind.Text : TopicKind.Binary, call.Value.ToArray(), answer);
        return null;
    }
}
