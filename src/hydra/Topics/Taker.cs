using Hydra.State;

namespace Hydra.Topics;

/// <summary>A call that waits for a message. Under the hub's gate.</summary>
/// <param name="answer">Who.</param>
/// <param name="owner">Its process.</param>
/// <param name="over">Called when it is not to wait any more.</param>
internal sealed class Taker(TopicAnswer answer, StateOwner owner, Action<Taker> over) : DueItem
{
    /// <summary>Who.</summary>
    public TopicAnswer Answer => answer;

    /// <summary>Its process.</summary>
    public StateOwner Owner => owner;

    /// <summary>It does not wait any more: whoever has it lets it go.</summary>
    public void End() => over(this);
}

/// <summary>All calls that wait for a message, by the links that they came on. Under the hub's gate.</summary>
/// <param name="due">What is due when.</param>
internal sealed class Takers(DueQueue due)
{
    private readonly Dictionary<IStateCaller, Dictionary<uint, Taker>> _all = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>One more.</summary>
    /// <param name="taker">The call.</param>
    /// <param name="until">Until when it waits, in milliseconds of the hub's clock.</param>
    public void Add(Taker taker, long until)
    {
        IStateCaller caller = taker.Answer.Caller!;
        if (!_all.TryGetValue(caller, out Dictionary<uint, Taker>? its))
        {
            _all[caller] = its = [];
        }

        // A worker that gives two calls the same number gets one answer.
        if (its.TryGetValue(taker.Answer.Sequence, out Taker? other))
        {
            End(other);
        }

        _all.TryAdd(caller, its);
        its[taker.Answer.Sequence] = taker;
        Count++;
        if (until != long.MaxValue)
        {
            due.Set(taker, until);
        }
    }

    /// <summary>It has its answer.</summary>
    public void Remove(Taker taker)
    {
        IStateCaller caller = taker.Answer.Caller!;
        if (_all.TryGetValue(caller, out Dictionary<uint, Taker>? its) && its.Remove(taker.Answer.Sequence))
        {
            Count--;
            due.Remove(taker);
            if (its.Count == 0)
            {
                _all.Remove(caller);
            }
        }
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void End(Taker taker)
    {
        taker.End();
        Remove(taker);
    }

    /// <summary>The call with this number waits no more.</summary>
    /// <returns>Whether it did.</returns>
    public bool Abandon(IStateCaller caller, uint sequence)
    {
        if (!_all.TryGetValue(caller, out Dictionary<uint, Taker>? its) || !its.TryGetValue(sequence, out Taker? taker))
        {
            return false;
        }

        End(taker);
        return true;
    }

    /// <summary>A link has closed: nothing waits there any more.</summary>
    public void Forget(IStateCaller caller)
    {
        if (_all.TryGetValue(caller, out Dictionary<uint, Taker>? its))
        {
            foreach (Taker taker in its.Values.ToArray())
            {
                End(taker);
            }
        }
    }
}
