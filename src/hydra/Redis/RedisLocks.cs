using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Redis;

/// <summary>
/// Locks and semaphores that are in a server: what a process of this front holds is given back there when it has ended, and what this front holds is free when its key has gone. Any thread.
/// </summary>
internal sealed class RedisLocks : IDisposable
{
    // So many of a process, and those whose lease is over are forgotten.
    private const int Many = 1000;

    private readonly RedisEngine _engine;
    private readonly RedisKeys _keys;
    private readonly RedisLines _lines;
    private readonly Lock _gate = new();
    private readonly Dictionary<StateOwner, List<Held>> _held = [];

    /// <summary>Of an application.</summary>
    public RedisLocks(RedisEngine engine, RedisKeys keys)
    {
        _engine = engine;
        _keys = keys;
        _lines = new RedisLines(engine, Ask, OnGot, name => new RedisCall(
            RedisScripts.Leave, RedisWords.Of(_keys.Of('q', name), _keys.Of('h', name)).Add(_engine.Name).Add(_engine.Fronts).Add(Word(name)).Add("L"), static _ => { }), Keep);
        engine.OnAttached(_lines.OnAttached);
        engine.OnRenewal(Renew);
    }

    /// <summary>Places that processes of this front have.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _held.Values.Sum(static all => all.Count);
            }
        }
    }

    /// <summary>Takes a place, or waits for one.</summary>
    /// <returns>Null where the caller hears of it later.</returns>
    public StateResult? Acquire(in StateCall call, StateOwner owner, IStateCaller caller) => call.Number < 1 ? new(StateStatus.Invalid) : _lines.Join(call, owner, caller);

    /// <summary>Gives a place back.</summary>
    public void Release(in StateCall call, StateOwner owner, Action<RedisAnswer> then)
    {
        long token = call.Other;
        byte[] name = call.Key.ToArray();
        _ = Take(owner, one => one.Token == token && one.Name.AsSpan().SequenceEqual(name));
        _engine.Pipe.Send(Release(name, token, "", then: answer =>
        {
            if (!answer.IsGood)
            {
                // Nobody holds it any more, whatever was said.
                _engine.Pipe.Send(Release(name, token, "", isPatient: true));
            }

            then(answer);
        }));
    }

    /// <summary>Has a lease last so long from now on.</summary>
    public void Extend(in StateCall call, StateOwner owner, Action<RedisAnswer> then)
    {
        long token = call.Other;
        long milliseconds = call.Milliseconds == StateCall.Longest ? 0 : call.Milliseconds;
        lock (_gate)
        {
            if (_held.GetValueOrDefault(owner)?.Find(one => one.Token == token) is { } held)
            {
                held.Until = UntilOf(milliseconds);
            }
        }

        _engine.Pipe.Send(new RedisCall(RedisScripts.Extend, RedisWords.Of(_keys.Of('l', call.Key)).Add(token).Add(milliseconds), then));
    }

    /// <summary>Who has made a call does not wait for its answer any more: what that brought, or would bring, is for others.</summary>
    /// <returns>Whether there was such a call.</returns>
    public bool Abandon(StateOwner owner, IStateCaller caller, uint sequence)
    {
        if (_lines.Abandon(owner, caller, sequence))
        {
            return true;
        }

        if (Take(owner, one => one.By == (caller, sequence)) is not { } held)
        {
            return false;
        }

        _engine.Pipe.Send(Release(held.Name, held.Token, "", isPatient: true));
        return true;
    }

    /// <summary>A link has closed.</summary>
    public void OnClosed(StateOwner owner, IStateCaller caller) => _lines.Forget(owner, caller);

    /// <summary>A process has ended: what it holds is free.</summary>
    public void OnEnded(StateOwner owner)
    {
        _lines.Forget(owner, null);
        List<Held>? all;
        lock (_gate)
        {
            _held.Remove(owner, out all);
        }

        foreach (Held held in all ?? [])
        {
            _engine.Pipe.Send(Release(held.Name, held.Token, "", isPatient: true));
        }
    }

    /// <summary>The server says something of a key.</summary>
    /// <returns>Whether it is a lock of this application.</returns>
    public bool OnWord(ReadOnlySpan<byte> key)
    {
        if (!_keys.TryName(key, 'l', out byte[] name))
        {
            return false;
        }

        _lines.OnNews(name);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    private byte[] Word(byte[] name) => [(byte)'L', .. _keys.Of('l', name)];

    private string AttemptOf(LineWaiter waiter) => $"{_engine.Name}-{waiter.Attempt}";

    private RedisCall Ask(LineWaiter waiter, Action<RedisAnswer> then)
    {
        byte[] name = waiter.Line.Name;
        RespWriter words = RedisWords.Of(_keys.Of('l', name), _keys.Of('q', name), _keys.Of('h', name), _engine.Own, _keys.Of('t', []))
            .Add(AttemptOf(waiter)).Add(waiter.Places).Add(waiter.Milliseconds).Add(RedisEngine.Life).Add(_engine.Fronts).Add(_engine.Name).Add(waiter.IsLast ? 0 : 1);
        return new RedisCall(RedisScripts.Acquire, words, then) { IsRepeatable = true };
    }

    private void OnGot(LineWaiter waiter, RedisAnswer answer, bool isWaiting)
    {
        if (!answer.IsGood)
        {
            if (isWaiting)
            {
                waiter.By.Caller.Reply(waiter.By.Sequence, answer.Trouble);
            }

            // The server may have given it all the same.
            _engine.Pipe.Send(Release(waiter.Line.Name, 0, AttemptOf(waiter), isPatient: true));
            return;
        }

        long token = answer.Value[1].AsNumber;
        if (isWaiting)
        {
            waiter.By.Caller.Reply(waiter.By.Sequence, new StateResult(StateStatus.Done, token));
        }
        else
        {
            _engine.Pipe.Send(Release(waiter.Line.Name, token, "", isPatient: true));
        }
    }

    private void Keep(LineWaiter waiter, RedisAnswer answer)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(waiter.Owner, out List<Held>? its))
            {
                _held[waiter.Owner] = its = [];
            }

            if (its.Count >= Many)
            {
                its.RemoveAll(static one => one.Until < Environment.TickCount64);
            }

            its.Add(new Held(waiter.Line.Name, answer.Value[1].AsNumber, waiter.By) { Until = UntilOf(waiter.Milliseconds) });
        }
    }

    private RedisCall Release(byte[] name, long token, string attempt, bool isPatient = false, Action<RedisAnswer>? then = null)
    {
        RespWriter words = RedisWords.Of(_keys.Of('l', name), _keys.Of('q', name), _keys.Of('h', name));
        _ = token > 0 ? words.Add(token) : words.Add("");
        return new RedisCall(RedisScripts.Release, words.Add(attempt).Add(_engine.Fronts), then ?? (static _ => { })) { IsPatient = isPatient };
    }

    private Held? Take(StateOwner owner, Predicate<Held> which)
    {
        lock (_gate)
        {
            if (_held.GetValueOrDefault(owner) is not { } its || its.FindIndex(which) is not (>= 0 and var at))
            {
                return null;
            }

            Held held = its[at];
            its.RemoveAt(at);
            if (its.Count == 0)
            {
                _held.Remove(owner);
            }

            return held;
        }
    }

    // What has no lease has a day in the server, so that nothing stays there for ever when this front is gone.
    private void Renew()
    {
        List<Held> all;
        lock (_gate)
        {
            all = [.. _held.Values.SelectMany(static its => its).Where(static one => one.Until == long.MaxValue)];
        }

        foreach (Held held in all)
        {
            _engine.Pipe.Send(new RedisCall(null, new RespWriter().Add("PEXPIRE").Add(_keys.Of('l', held.Name)).Add(RedisWords.Day), static _ => { }));
        }
    }

    private static long UntilOf(long milliseconds) => milliseconds == 0 ? long.MaxValue : Environment.TickCount64 + milliseconds;

    private sealed class Held(byte[] name, long token, (IStateCaller Caller, uint Sequence) by)
    {
        public byte[] Name => name;

        public long Token => token;

        public (IStateCaller Caller, uint Sequence) By => by;

        public long Until { get; set; }
    }
}
