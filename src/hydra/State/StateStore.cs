using Hydra.Protocol;

namespace Hydra.State;

/// <summary>How a store is made.</summary>
/// <param name="Memory">Bytes that it may take.</param>
/// <param name="Evicts">Whether values go that were used least lately, where there is no room.</param>
/// <param name="OnFull">Told that there was no room, and how often so far: at most once a minute. Any thread.</param>
internal sealed record StateStoreOptions(long Memory, bool Evicts, Action<long>? OnFull = null);

/// <summary>What there is to be measured of a store.</summary>
/// <param name="Entries">Entries of all kinds; null where they are not counted.</param>
/// <param name="Bytes">What they are counted as.</param>
/// <param name="Limit">What they may take.</param>
/// <param name="Calls">Calls so far.</param>
/// <param name="Evicted">Values that have gone for others.</param>
/// <param name="Refused">Calls that found no room.</param>
/// <param name="Locks">Places in locks and semaphores that somebody has.</param>
internal readonly record struct StateFigures(int? Entries, long Bytes, long Limit, long Calls, long Evicted, long Refused, int Locks)
{
    /// <summary>Of the server that has it; null where that is this one.</summary>
    public StateEngineFigures? Engine { get; init; }
}

/// <summary>What there is to be measured of a server that has the state.</summary>
/// <param name="IsUp">Whether it is there and answers.</param>
/// <param name="Lost">How often it has gone.</param>
/// <param name="Waiting">Calls that have no answer yet.</param>
/// <param name="Unknown">Calls so far of which nobody knows whether they were done.</param>
internal readonly record struct StateEngineFigures(bool IsUp, long Lost, int Waiting, long Unknown);

/// <summary>
/// What the workers of an application share: values that expire, counters, locks, rates. Any thread; one gate guards all of it, and nothing is
/// done under it that waits.
/// </summary>
internal sealed class StateStore : IStateStore
{
    // So much that is due is seen to at a time; then others have their turn.
    private const int MostAtATime = 1000;

    private const long MillisecondsBetweenWords = 60_000;

    // A timer is set this much later than what it is for, so that it need not be set again for the rest of a millisecond.
    private const long Slack = 1;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly StateTable _table;
    private readonly StateValues _values;
    private readonly StateRates _rates;
    private readonly StateLocks _locks;
    private readonly ITimer _timer;
    private long _timedFor = long.MaxValue;
    private long _calls;
    private readonly Action<long>? _onFull;
    private long _refused;
    private long _nextWord;
    private bool _isOver;

    /// <summary>Makes an empty store.</summary>
    /// <param name="options">How large it may get.</param>
    /// <param name="time">The clock.</param>
    public StateStore(StateStoreOptions options, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _start = _time.GetTimestamp();
        _onFull = options.OnFull;
        _table = new StateTable(options.Memory, options.Evicts);
        _values = new StateValues(_table);
        _rates = new StateRates(_table);
        _locks = new StateLocks(_table, _time.GetUtcNow().ToUnixTimeMilliseconds() << 20);
        _timer = _time.CreateTimer(static store => ((StateStore)store!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public long MaxValue => Math.Min(_table.Limit, ProtocolLimits.MaxStateValue);

    /// <inheritdoc/>
    public StateResult? Execute(in StateCall call, StateOwner owner, IStateCaller caller)
    {
        StateResult? result;
        List<StateLocks.Grant>? grants;
        long full = 0;
        lock (_gate)
        {
            if (_isOver)
            {
                return null;
            }

            long now = Now();
            _calls++;
            result = call.Operation switch
            {
                StateOperation.Get => _values.Get(call.Key, now),
                StateOperation.Set => _values.Set(call, now),
                StateOperation.Delete => _values.Delete(call, now),
                StateOperation.Add => _values.Add(call, now),
                StateOperation.Touch => _values.Touch(call, now),
                StateOperation.Clear => new(StateStatus.Done, _table.RemoveAll(call.Space, call.Key)),
                StateOperation.Acquire => _locks.Acquire(call, owner, caller, now),
                StateOperation.Release => _locks.Release(call, now),
                StateOperation.Extend => _locks.Extend(call, now),
                StateOperation.Abandon => _locks.Abandon(call, owner, caller, now),
                StateOperation.Rate => _rates.Rate(call, now),
                StateOperation.Window => _rates.Window(call, now),
                StateOperation.TimeLeft => _values.TimeLeft(call.Key, now),
                StateOperation.Count => new(StateStatus.Done, _table.CountAll(call.Space, call.Key)),
                _ => new(StateStatus.Invalid),
            };
            if (result is { Status: StateStatus.Full })
            {
                full = OnRefused(now);
            }

            grants = _locks.TakeGrants();
            SetTimer(now);
        }

        Tell(grants);
        if (full > 0)
        {
            _onFull?.Invoke(full);
        }

        return result;
    }

    /// <inheritdoc/>
    public void OnClosed(StateOwner owner, IStateCaller caller) => Change(now => _locks.Forget(owner, caller, now));

    /// <inheritdoc/>
    public void OnEnded(StateOwner owner) => Change(now => _locks.End(owner, now));

    /// <inheritdoc/>
    public Task<StateImage> StopAsync()
    {
        lock (_gate)
        {
            _isOver = true;
            long now = Now();
            return Task.FromResult(new StateImage(
                _table.All.Where(entry => entry.Space is not StateSpace.Lock && entry.Due > now).Select(entry => SavedEntry.Of(entry, now)),
                _locks.Leases.Where(lease => lease.Due > now).Select(lease => lease.Save(now)), _values.Version, _locks.Token));
        }
    }

    /// <summary>Takes over an entry of a store that has stopped.</summary>
    /// <returns>False where there is no room for it, or its key is taken.</returns>
    public bool Restore(SavedEntry saved)
    {
        lock (_gate)
        {
            long now = Now();
            bool isRestored = _table.Restore(saved, now);
            _values.Version = Math.Max(_values.Version, saved.Version);
            SetTimer(now);
            return isRestored;
        }
    }

    /// <summary>Takes over a place in a lock.</summary>
    /// <returns>False where there is no room for it.</returns>
    public bool Restore(SavedLease saved)
    {
        lock (_gate)
        {
            long now = Now();
            bool isRestored = _locks.Restore(saved, now);
            SetTimer(now);
            return isRestored;
        }
    }

    /// <summary>Goes on with the numbers of a store that has stopped, where they are larger.</summary>
    /// <param name="version">The last version that it has given.</param>
    /// <param name="token">The last token.</param>
    public void Continue(long version, long token)
    {
        lock (_gate)
        {
            _values.Version = Math.Max(_values.Version, version);
            _locks.Token = Math.Max(_locks.Token, token);
        }
    }

    /// <inheritdoc/>
    public StateFigures ReadFigures()
    {
        lock (_gate)
        {
            return new StateFigures(_table.Count, _table.Bytes, _table.Limit, _calls, _table.Evicted, _refused, _locks.Held);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        _timer.Dispose();
    }

    // How many calls have found no room, where it is time to say so.
    private long OnRefused(long now)
    {
        _refused++;
        if (now < _nextWord)
        {
            return 0;
        }

        _nextWord = now + MillisecondsBetweenWords;
        return _refused;
    }

    private static void Tell(List<StateLocks.Grant>? grants)
    {
        if (grants is not null)
        {
            foreach (StateLocks.Grant grant in grants)
            {
                grant.Tell();
            }
        }
    }

    private void Change(Action<long> change)
    {
        List<StateLocks.Grant>? grants;
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            long now = Now();
            change(now);
            grants = _locks.TakeGrants();
            SetTimer(now);
        }

        Tell(grants);
    }

    private void OnTimer()
    {
        List<StateLocks.Grant>? grants;
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            _timedFor = long.MaxValue;
            long now = Now();
            for (int i = 0; i < MostAtATime && _table.Due.Take(now) is { } item; i++)
            {
                if (item is StateEntry entry)
                {
                    _table.Remove(entry);
                }
                else
                {
                    _locks.OnDue(item, now);
                }
            }

            grants = _locks.TakeGrants();
            SetTimer(now);
        }

        Tell(grants);
    }

    // Only ever to an earlier time: that what stood there is put off is seen when it fires.
    private void SetTimer(long now)
    {
        long next = _table.Due.Next;
        if (next < _timedFor && !_isOver)
        {
            _timedFor = next;
            _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(next - now + Slack, Slack, int.MaxValue)), Timeout.InfiniteTimeSpan);
        }
    }

    private long Now() => (long)_time.GetElapsedTime(_start).TotalMilliseconds;
}
