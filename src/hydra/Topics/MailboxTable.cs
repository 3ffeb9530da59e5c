using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Topics;

/// <summary>What code of workers subscribes to. Under the hub's gate.</summary>
/// <param name="topics">Who gets what.</param>
/// <param name="takers">Calls that wait.</param>
/// <param name="answers">What they are told.</param>
/// <param name="counts">Counts what is dropped.</param>
internal sealed class MailboxTable(TopicTable topics, Takers takers, TopicAnswers answers, TopicCounts counts)
{
    private readonly Dictionary<StateOwner, Dictionary<ulong, Mailbox>> _all = [];

    /// <summary>A process subscribes: in the mailbox with the call's number, which is made where there is none.</summary>
    public StateResult Subscribe(in StateCall call, StateOwner owner, TopicShare share)
    {
        if (SubscriptionOptions.Of((byte)Math.Min(call.Milliseconds, byte.MaxValue), (ulong)call.Other, call.Options) is not { } options || !TopicTable.IsName(call.Key))
        {
            return new(StateStatus.Invalid);
        }

        Mailbox? box = Find(owner, (ulong)call.Number);
        bool isNew = box is null;
        if (box is null)
        {
            if (!share.Memory.TryTake(Mailbox.Cost))
            {
                return new(StateStatus.Full);
            }

            box = new Mailbox((ulong)call.Number, owner, share, options, counts, OnTaken);
        }
        else if (box.Subscriptions.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(call.Key))
        {
            return StateResult.Done;
        }

        if (topics.Add(call.Key, box, options, [], share) is not { } subscription)
        {
            if (isNew)
            {
                share.Memory.Give(Mailbox.Cost);
            }

            return new(StateStatus.Full);
        }

        box.Subscriptions[subscription.Topic.Name] = subscription;
        if (isNew)
        {
            if (!_all.TryGetValue(owner, out Dictionary<ulong, Mailbox>? its))
            {
                _all[owner] = its = [];
            }

            its[box.Id] = box;
        }

        return StateResult.Done;
    }

    /// <summary>A process wants no more of a topic; without a name of anything: the mailbox is over.</summary>
    public StateResult Unsubscribe(in StateCall call, StateOwner owner)
    {
        if (Find(owner, (ulong)call.Number) is not { } box)
        {
            return new(StateStatus.Missing);
        }

        if (call.Key.IsEmpty)
        {
            End(box);
            Dictionary<ulong, Mailbox> its = _all[owner];
            its.Remove(box.Id);
            if (its.Count == 0)
            {
                _all.Remove(owner);
            }

            return StateResult.Done;
        }

        if (!box.Subscriptions.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(call.Key, out _, out Subscription? subscription))
        {
            return new(StateStatus.Missing);
        }

        topics.Remove(subscription);
        return StateResult.Done;
    }

    /// <summary>A process takes what there is, or waits for it.</summary>
    /// <returns>Null where it waits.</returns>
    public StateResult? Take(in StateCall call, StateOwner owner, TopicAnswer answer, long now)
    {
        if (Find(owner, (ulong)call.Number) is not { } box)
        {
            return new(StateStatus.Missing);
        }

        if (box.TryTake(answer) is { } result)
        {
            return result;
        }

        if (call.Wait == 0 || box.Waiting is not null)
        {
            return new(call.Wait == 0 ? StateStatus.TimedOut : StateStatus.Invalid);
        }

        box.Waiting = new Taker(answer, owner, _ => box.Waiting = null);
        takers.Add(box.Waiting, call.Wait == uint.MaxValue ? long.MaxValue : now + call.Wait);
        return null;
    }

    /// <summary>Nobody reads the answer to a call.</summary>
    public void GiveBack(StateOwner owner, TopicAnswer answer)
    {
        if (_all.TryGetValue(owner, out Dictionary<ulong, Mailbox>? its))
        {
            foreach (Mailbox box in its.Values)
            {
                box.GiveBack(answer);
            }
        }
    }

    /// <summary>A process has ended.</summary>
    public void Forget(StateOwner owner)
    {
        if (_all.Remove(owner, out Dictionary<ulong, Mailbox>? its))
        {
            foreach (Mailbox box in its.Values)
            {
                End(box);
            }
        }
    }

    private Mailbox? Find(StateOwner owner, ulong id)
        => _all.TryGetValue(owner, out Dictionary<ulong, Mailbox>? its) && its.TryGetValue(id, out Mailbox? box) ? box : null;

    private void End(Mailbox box)
    {
        foreach (Subscription subscription in box.Subscriptions.Values)
        {
            topics.Remove(subscription);
        }

        if (box.Waiting is { } taker)
        {
            takers.End(taker);
            answers.Add(taker.Answer, new StateResult(StateStatus.Missing));
        }

        box.Clear();
        box.Share.Memory.Give(Mailbox.Cost);
    }

    private void OnTaken(Taker taker, StateResult result)
    {
        takers.Remove(taker);
        answers.Add(taker.Answer, result);
    }
}
