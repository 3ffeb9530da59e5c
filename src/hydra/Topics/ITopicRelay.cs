using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Topics;

/// <summary>
/// Has what is published here reach the subscribers of other servers, and theirs those of this one; and has channels and groups, which are of all of them. Any thread; must not block.
/// </summary>
internal interface ITopicRelay : IDisposable
{
    /// <summary>Whether it reaches them now.</summary>
    bool IsUp { get; }

    /// <summary>Publishes a message, which comes back to <see cref="TopicHub.Deliver"/> for those who have subscribed here.</summary>
    void Publish(byte[] topic, TopicKind kind, byte[] data, TopicAnswer answer);

    /// <summary>Does what a call says of channels and groups, or of who is in a topic.</summary>
    /// <returns>Null where it takes its time.</returns>
    StateResult? Execute(in StateCall call, StateOwner owner, TopicAnswer answer);

    /// <summary>Nobody waits for the answer to that call any more.</summary>
    /// <returns>Whether it had waited.</returns>
    bool Abandon(StateOwner owner, TopicAnswer answer);

    /// <summary>A link has closed, or all of a process where none is named: what waits there does not any more.</summary>
    void Forget(StateOwner owner, IStateCaller? caller);

    /// <summary>Somebody has subscribed here, or wants no more. Under the hub's gate.</summary>
    void OnCount(byte[] topic, int count);

    /// <summary>Somebody is in a topic, with so many subscriptions here. Under the hub's gate.</summary>
    void OnMember(byte[] topic, byte[] member, int count, byte[] info);

    /// <summary>Whether what is published in a topic comes here; else <paramref name="then"/> is told once when it does, or false when it is not going to.</summary>
    bool IsSubscribed(byte[] topic, Action<bool> then);
}

/// <summary>A subscription of a client that other servers do not know of yet.</summary>
/// <param name="relay">Who tells them.</param>
/// <param name="topic">The topic.</param>
/// <param name="undo">Takes it back, where they are not told.</param>
internal sealed class TopicConfirmation(ITopicRelay relay, byte[] topic, Action undo)
{
    /// <summary>Tells what became of it, once.</summary>
    public void Then(Action<StateStatus> told)
    {
        void End(bool isThere)
        {
            if (!isThere)
            {
                undo();
            }

            told(isThere ? StateStatus.Done : StateStatus.Unavailable);
        }

        if (relay.IsSubscribed(topic, End))
        {
            told(StateStatus.Done);
        }
    }
}
