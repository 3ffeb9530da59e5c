using Hydra.State;

namespace Hydra.Workers.Links;

/// <summary>
/// What the workers of an application share, where this server takes the place of another: that one has it, and does what is asked for, until its own
/// workers have ended. Then it is here. Any thread.
/// </summary>
/// <param name="link">The link to that server.</param>
/// <param name="number">The number by which both know it.</param>
/// <param name="store">Where it is once it is here.</param>
internal sealed class InheritedState(StatePredecessor link, int number, StateStore store) : IStateStore
{
    private readonly TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards all of the following, and the order in which the other server hears of it.
    private readonly Lock _lock = new();
    private readonly Numbers<StateOwner> _owners = new();
    private readonly Numbers<IStateCaller> _callers = new();
    private readonly OrderedDictionary<(int Caller, uint Sequence), Asked> _asked = [];
    private volatile bool _isHere;

    /// <summary>The number by which both servers know it.</summary>
    public int Number => number;

    /// <summary>Where it is once it is here.</summary>
    public StateStore Store => store;

    /// <summary>How much of what came there was no room for. The reading side's.</summary>
    public int Lost { get; private set; }

    /// <inheritdoc/>
    public long MaxValue => store.MaxValue;

    /// <inheritdoc/>
    public StateResult? Execute(in StateCall call, StateOwner owner, IStateCaller caller)
    {
        if (!_isHere)
        {
            lock (_lock)
            {
                if (!_isHere)
                {
                    var asked = new Asked(SavedCall.Of(call), owner, caller, Environment.TickCount64);
                    int from = _callers.Of(caller);
                    _asked[(from, call.Sequence)] = asked;
                    link.Call(number, _owners.Of(owner), from, asked.Call);
                    return null;
                }
            }
        }

        return store.Execute(call, owner, caller);
    }

    /// <inheritdoc/>
    public void OnClosed(StateOwner owner, IStateCaller caller)
    {
        lock (_lock)
        {
            if (!_isHere)
            {
                Forget(asked => asked.Caller == caller);
                link.TellClosed(number, _owners.Of(owner), _callers.Of(caller));
                _callers.Remove(caller);
                return;
            }
        }

        store.OnClosed(owner, caller);
    }

    /// <inheritdoc/>
    public void OnEnded(StateOwner owner)
    {
        lock (_lock)
        {
            if (!_isHere)
            {
                Forget(asked => asked.Owner == owner);
                link.TellEnded(number, _owners.Of(owner));
                _owners.Remove(owner);
                return;
            }
        }

        store.OnEnded(owner);
    }

    /// <inheritdoc/>
    public StateFigures ReadFigures() => store.ReadFigures();

    /// <inheritdoc/>
    public async Task<StateImage> StopAsync()
    {
        await _arrival.Task.ConfigureAwait(false);
        return await store.StopAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => store.Dispose();

    // ---- what the other server says, one thing after the other

    /// <summary>A call was done there.</summary>
    public void OnReply(int caller, uint sequence, in StateResult result)
    {
        Asked? asked;
        lock (_lock)
        {
            if (!_asked.Remove((caller, sequence), out asked))
            {
                return;
            }
        }

        asked.Caller.Reply(sequence, result);
    }

    /// <summary>An entry is here now.</summary>
    public void OnEntry(SavedEntry entry) => Lost += store.Restore(entry) ? 0 : 1;

    /// <summary>A place in a lock, which a process of this server has, is here now.</summary>
    public void OnLease(BinaryReader fields)
    {
        var said = SuccessionFields.ReadLease(fields);
        Asked? asked;
        lock (_lock)
        {
            if (_owners.At(said.Owner) is not { } owner)
            {
                // It has ended in the meantime.
                return;
            }

            var lease = new SavedLease(said.Name, said.Token, said.Left, owner, (_callers.At(said.Caller) ?? Nobody.Instance, said.Sequence));
            Lost += store.Restore(lease) ? 0 : 1;

            // It was given there, and the answer has not been written any more.
            _ = _asked.Remove((said.Caller, said.Sequence), out asked);
        }

        asked?.Caller.Reply(said.Sequence, new StateResult(Protocol.StateStatus.Done, said.Token));
    }

    /// <summary>All of it is here: what has no answer was not done there, and is done now.</summary>
    public void OnHere()
    {
        lock (_lock)
        {
            if (_isHere)
            {
                return;
            }

            // Under the lock: who asks now is answered behind those who have asked before.
            foreach (Asked asked in _asked.Values)
            {
                if (store.Execute(asked.Call.Get(Environment.TickCount64 - asked.At), asked.Owner, asked.Caller) is { } result)
                {
                    asked.Caller.Reply(asked.Call.Sequence, result);
                }
            }

            _asked.Clear();
            _isHere = true;
        }

        _arrival.TrySetResult();
    }

    private void Forget(Func<Asked, bool> which)
    {
        foreach ((int, uint) key in _asked.Where(one => which(one.Value)).Select(static one => one.Key).ToArray())
        {
            _asked.Remove(key);
        }
    }

    private sealed record Asked(SavedCall Call, StateOwner Owner, IStateCaller Caller, long At);

    /// <summary>Numbers for what the other server is told of.</summary>
    private sealed class Numbers<T>
        where T : class
    {
        private readonly Dictionary<T, int> _numbers = [];
        private readonly Dictionary<int, T> _things = [];
        private int _last;

        public int Of(T thing)
        {
            if (!_numbers.TryGetValue(thing, out int number))
            {
                _numbers.Add(thing, number = ++_last);
                _things.Add(number, thing);
            }

            return number;
        }

        public T? At(int number) => _things.GetValueOrDefault(number);

        public void Remove(T thing)
        {
            if (_numbers.Remove(thing, out int number))
            {
                _things.Remove(number);
            }
        }
    }

    /// <summary>A link that has closed.</summary>
    private sealed class Nobody : IStateCaller
    {
        public static Nobody Instance { get; } = new();

        public void Reply(uint sequence, in StateResult result)
        {
            // Nobody waits for it.
        }
    }
}
