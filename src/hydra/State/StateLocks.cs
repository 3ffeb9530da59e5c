using Hydra.Protocol;

namespace Hydra.State;

/// <summary>A place in a lock or semaphore that somebody has.</summary>
/// <param name="entry">The lock.</param>
/// <param name="owner">Who has it.</param>
/// <param name="by">The link and the call by which it was got.</param>
/// <param name="token">The fencing token.</param>
internal sealed class StateLease(StateEntry entry, StateOwner owner, (IStateCaller Caller, uint Sequence) by, long token) : DueItem
{
    /// <summary>The lock.</summary>
    public StateEntry Entry { get; } = entry;

    /// <summary>Who has it.</summary>
    public StateOwner Owner { get; } = owner;

    /// <summary>The call by which it was got: nobody may have read the answer.</summary>
    public (IStateCaller Caller, uint Sequence) By { get; } = by;

    /// <summary>The fencing token: larger than all that were given before.</summary>
    public long Token { get; } = token;

    /// <summary>Describes it to another store.</summary>
    public SavedLease Save(long now) => new(Entry.Name, Token, Due == long.MaxValue ? null : Due - now, Owner, By);
}

/// <summary>A call that waits for a place.</summary>
internal sealed class StateWaiter(StateEntry entry, StateOwner owner, IStateCaller caller, in StateCall call) : DueItem
{
    /// <summary>The lock.</summary>
    public StateEntry Entry { get; } = entry;

    /// <summary>Who waits.</summary>
    public StateOwner Owner { get; } = owner;

    /// <summary>Who is to be told.</summary>
    public IStateCaller Caller { get; } = caller;

    /// <summary>The call.</summary>
    public uint Sequence { get; } = call.Sequence;

    /// <summary>Places that there are, as this caller says.</summary>
    public long Places { get; } = call.Number;

    /// <summary>How long its lease is to last, in milliseconds; 0 for ever.</summary>
    public long Milliseconds { get; } = call.Milliseconds;
}

/// <summary>Who has a lock, and who waits for it, in the order in which they came.</summary>
internal sealed class LockState
{
    /// <summary>Those who have a place.</summary>
    public List<StateLease> Leases { get; } = [];

    /// <summary>Those who wait.</summary>
    public LinkedList<StateWaiter> Waiters { get; } = [];
}

/// <summary>Locks and semaphores. Under the store's gate; what is granted is told outside of it, by who calls <see cref="TakeGrants"/>.</summary>
/// <param name="table">Where they are.</param>
/// <param name="firstToken">What the tokens begin with: more than any that a store before this one has given.</param>
internal sealed class StateLocks(StateTable table, long firstToken)
{
    // A process that asks for more at a time is not in its right mind.
    private const int MostWaiting = 100_000;

    // What a place that is taken, or waited for, is counted as.
    private const long Cost = 200;

    private readonly Dictionary<StateEntry, LockState> _locks = [];
    private List<Grant> _grants = [];

    /// <summary>The last token that was given.</summary>
    public long Token { get; set; } = firstToken;

    /// <summary>The places that somebody has.</summary>
    public IEnumerable<StateLease> Leases => _locks.Values.SelectMany(static one => one.Leases);

    /// <summary>How many they are.</summary>
    public int Held => _locks.Values.Sum(static one => one.Leases.Count);

    /// <summary>Takes a place, or waits for one.</summary>
    /// <returns>Null where it waits: the caller hears of it.</returns>
    public StateResult? Acquire(in StateCall call, StateOwner owner, IStateCaller caller, long now)
    {
        if (call.Number < 1)
        {
            return new StateResult(StateStatus.Invalid);
        }

        if (EntryOf(call.Key, now) is not { } entry)
        {
            return new StateResult(StateStatus.Full);
        }

        LockState state = StateOf(entry);
        if (state.Waiters.Count == 0 && state.Leases.Count < call.Number)
        {
            return new StateResult(StateStatus.Done, Lease(entry, state, owner, (caller, call.Sequence), call.Milliseconds, now).Token);
        }

        if (call.Wait == 0 || owner.Waiters.Count >= MostWaiting)
        {
            return new StateResult(call.Wait == 0 ? StateStatus.TimedOut : StateStatus.Full);
        }

        var waiter = new StateWaiter(entry, owner, caller, call);
        state.Waiters.AddLast(waiter);
        owner.Waiters.Add(waiter);
        table.Resize(Cost);
        if (call.Wait != uint.MaxValue)
        {
            table.Due.Set(waiter, now + call.Wait);
        }

        return null;
    }

    /// <summary>Gives a place back.</summary>
    public StateResult Release(in StateCall call, long now)
    {
        if (Find(call, now) is not { } lease)
        {
            return new(StateStatus.Missing);
        }

        End(lease, now);
        return StateResult.Done;
    }

    /// <summary>Has a lease last so long from now on.</summary>
    public StateResult Extend(in StateCall call, long now)
    {
        if (Find(call, now) is not { } lease)
        {
            return new(StateStatus.Missing);
        }

        table.Due.Set(lease, call.EndsAt(now));
        return StateResult.Done;
    }

    /// <summary>Who has made a call does not wait for its answer any more: what that brought, or would bring, is for others.</summary>
    public StateResult Abandon(in StateCall call, StateOwner owner, IStateCaller caller, long now)
    {
        foreach (StateWaiter waiter in owner.Waiters)
        {
            if (waiter.Caller == caller && waiter.Sequence == (ulong)call.Number)
            {
                Forget(waiter, now);
                return StateResult.Done;
            }
        }

        foreach (StateLease lease in owner.Leases)
        {
            if (lease.By.Caller == caller && lease.By.Sequence == (ulong)call.Number)
            {
                End(lease, now);
                return StateResult.Done;
            }
        }

        return new(StateStatus.Missing);
    }

    /// <summary>A time is over: that of a lease, or of somebody who waits.</summary>
    public void OnDue(DueItem item, long now)
    {
        if (item is StateLease lease)
        {
            End(lease, now);
        }
        else if (item is StateWaiter waiter)
        {
            Forget(waiter, now);
            _grants.Add(new Grant(waiter, new StateResult(StateStatus.TimedOut)));
        }
    }

    /// <summary>A process has ended.</summary>
    public void End(StateOwner owner, long now)
    {
        foreach (StateWaiter waiter in owner.Waiters.ToArray())
        {
            Forget(waiter, now);
        }

        foreach (StateLease lease in owner.Leases.ToArray())
        {
            End(lease, now);
        }
    }

    /// <summary>Somebody who waits has no link any more.</summary>
    public void Forget(StateOwner owner, IStateCaller caller, long now)
    {
        foreach (StateWaiter waiter in owner.Waiters.Where(waiter => waiter.Caller == caller).ToArray())
        {
            Forget(waiter, now);
        }
    }

    /// <summary>What is to be told to those who have waited.</summary>
    public List<Grant>? TakeGrants()
    {
        if (_grants.Count == 0)
        {
            return null;
        }

        List<Grant> grants = _grants;
        _grants = [];
        return grants;
    }

    /// <summary>Takes over a place.</summary>
    /// <returns>False where there is no room.</returns>
    public bool Restore(SavedLease saved, long now)
    {
        if (EntryOf(saved.Name, now) is not { } entry)
        {
            return false;
        }

        Enter(new StateLease(entry, saved.Owner, saved.By, saved.Token), StateOf(entry), saved.Left ?? 0, now);
        return true;
    }

    // That of a lock, with room for one who has a place or waits; null where there is none.
    private StateEntry? EntryOf(ReadOnlySpan<byte> name, long now)
    {
        var key = new StateKey(StateSpace.Lock, name);
        StateEntry? entry = table.Find(key, now);
        return table.HasRoom(Cost + (entry is null ? StateEntry.Overhead + name.Length : 0), entry, now) ? entry ?? table.Add(key, 0, now) : null;
    }

    private LockState StateOf(StateEntry entry)
    {
        if (!_locks.TryGetValue(entry, out LockState? state))
        {
            _locks[entry] = state = new LockState();
        }

        return state;
    }

    private StateLease Lease(StateEntry entry, LockState state, StateOwner owner, (IStateCaller Caller, uint Sequence) by, long milliseconds, long now)
    {
        var lease = new StateLease(entry, owner, by, ++Token);
        Enter(lease, state, milliseconds, now);
        return lease;
    }

    private void Enter(StateLease lease, LockState state, long milliseconds, long now)
    {
        state.Leases.Add(lease);
        lease.Owner.Leases.Add(lease);
        table.Resize(Cost);
        if (milliseconds is > 0 and < StateCall.Longest)
        {
            table.Due.Set(lease, now + milliseconds);
        }
    }

    private StateLease? Find(in StateCall call, long now)
    {
        if (table.Find(new StateKey(StateSpace.Lock, call.Key), now) is not { } entry)
        {
            return null;
        }

        foreach (StateLease lease in StateOf(entry).Leases)
        {
            if (lease.Token == call.Other)
            {
                return lease.Due > now ? lease : null;
            }
        }

        return null;
    }

    private void End(StateLease lease, long now)
    {
        table.Due.Remove(lease);
        lease.Owner.Leases.Remove(lease);
        table.Resize(-Cost);
        LockState state = StateOf(lease.Entry);
        state.Leases.Remove(lease);
        Advance(lease.Entry, state, now);
    }

    private void Forget(StateWaiter waiter, long now)
    {
        Leave(waiter);
        LockState state = StateOf(waiter.Entry);
        state.Waiters.Remove(waiter);
        Advance(waiter.Entry, state, now);
    }

    private void Leave(StateWaiter waiter)
    {
        table.Due.Remove(waiter);
        waiter.Owner.Waiters.Remove(waiter);
        table.Resize(-Cost);
    }

    private void Advance(StateEntry entry, LockState state, long now)
    {
        while (state.Waiters.First?.Value is { } next && state.Leases.Count < next.Places)
        {
            state.Waiters.RemoveFirst();
            Leave(next);
            StateLease lease = Lease(entry, state, next.Owner, (next.Caller, next.Sequence), next.Milliseconds, now);
            _grants.Add(new Grant(next, new StateResult(StateStatus.Done, lease.Token)));
        }

        if (state.Leases.Count == 0 && state.Waiters.Count == 0)
        {
            _locks.Remove(entry);
            table.Remove(entry);
        }
    }

    /// <summary>What is to be told to somebody who has waited.</summary>
    /// <param name="Waiter">Who.</param>
    /// <param name="Result">What.</param>
    public readonly record struct Grant(StateWaiter Waiter, StateResult Result)
    {
        /// <summary>Tells it.</summary>
        public void Tell() => Waiter.Caller.Reply(Waiter.Sequence, Result);
    }
}
