using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Redis;

/// <summary>What the workers of an application share, where a Redis has it: values, counters, locks, rates. Any thread.</summary>
internal sealed class RedisStore : IStateStore
{
    // How long the result of a call with an idempotency key is remembered, where the call does not say it.
    private const long OnceMilliseconds = 600_000;

    // Keys that are looked at in one command; the others have their turn between two.
    private const int Scanned = 1000;

    private readonly RedisEngine _engine;
    private readonly RedisKeys _keys;
    private readonly RedisLocks _locks;
    private readonly long _room;
    private readonly Action<long>? _onFull;
    private long _calls;
    private long _refused;
    private long _nextWord;

    /// <summary>Of an application.</summary>
    /// <param name="engine">The server.</param>
    /// <param name="keys">How its keys are made.</param>
    /// <param name="room">Bytes that what waits for the server may take.</param>
    /// <param name="onFull">Told that the server has no memory left, and how often so far: at most once a minute.</param>
    public RedisStore(RedisEngine engine, RedisKeys keys, long room, Action<long>? onFull = null)
    {
        _engine = engine;
        _keys = keys;
        _room = room;
        _onFull = onFull;
        _locks = new RedisLocks(engine, keys);
    }

    /// <inheritdoc/>
    public long MaxValue => Math.Min(_room, ProtocolLimits.MaxStateValue);

    /// <inheritdoc/>
    public StateResult? Execute(in StateCall call, StateOwner owner, IStateCaller caller)
    {
        Interlocked.Increment(ref _calls);
        uint sequence = call.Sequence;
        Action<RedisAnswer> Reply(Func<RespValue, StateResult> read) => answer => Answer(caller, sequence, answer.IsGood ? read(answer.Value) : TroubleOf(answer));
        switch (call.Operation)
        {
            case StateOperation.Get:
                Send(null, new RespWriter().Add("HMGET").Add(Value(call)).Add("n").Add("v").Add("t"), Reply(ReadValue), isRepeatable: true);
                return null;
            case StateOperation.Set:
                Send(RedisScripts.Set, SetWords(call), Reply(static value => new(StatusOf(value), 0, value[1].AsNumber)));
                return null;
            case StateOperation.Delete:
                Delete(call, Reply);
                return null;
            case StateOperation.Add:
                Send(RedisScripts.Add, AddWords(call), Reply(static value => new(StatusOf(value), value[1].AsNumber, value[2].AsNumber, value.Count > 1)), isRepeatable: call.Value.Length > 0);
                return null;
            case StateOperation.Touch:
                Send(RedisScripts.Touch, RedisWords.Of(Value(call)).Add(Milliseconds(call)), Reply(static value => new(StatusOf(value))));
                return null;
            case StateOperation.TimeLeft:
                Send(null, new RespWriter().Add("PTTL").Add(Value(call)), Reply(static value => value.AsNumber == -2 ? new(StateStatus.Missing) : new(StateStatus.Done, value.AsNumber)), isRepeatable: true);
                return null;
            case StateOperation.Clear:
                Sweep(call, deletes: true, caller);
                return null;
            case StateOperation.Count:
                Sweep(call, deletes: false, caller);
                return null;
            case StateOperation.Rate when call.Other < 1 || call.Number < 0 || call.Milliseconds < 1:
            case StateOperation.Window when call.Other is < 0 or > 1_000_000 || call.Number < 0 || call.Milliseconds < 1:
                return new StateResult(StateStatus.Invalid);
            case StateOperation.Rate:
                Send(RedisScripts.Rate, HitWords(call, 'r'), Reply(ReadThree), isRepeatable: call.Number == 0);
                return null;
            case StateOperation.Window:
                Send(RedisScripts.Window, HitWords(call, 'w'), Reply(ReadThree), isRepeatable: call.Number == 0);
                return null;
            case StateOperation.Acquire:
                return _locks.Acquire(call, owner, caller);
            case StateOperation.Release:
                _locks.Release(call, owner, Reply(static value => new(StatusOf(value))));
                return null;
            case StateOperation.Extend:
                _locks.Extend(call, owner, Reply(static value => new(StatusOf(value))));
                return null;
            case StateOperation.Abandon:
                return new StateResult(_locks.Abandon(owner, caller, (uint)call.Number) ? StateStatus.Done : StateStatus.Missing);
            default:
                return new StateResult(StateStatus.Invalid);
        }
    }

    /// <inheritdoc/>
    public void OnClosed(StateOwner owner, IStateCaller caller) => _locks.OnClosed(owner, caller);

    /// <inheritdoc/>
    public void OnEnded(StateOwner owner) => _locks.OnEnded(owner);

    /// <summary>The server says something of a key.</summary>
    /// <returns>Whether it is one of this.</returns>
    public bool OnWord(ReadOnlySpan<byte> key) => _locks.OnWord(key);

    /// <inheritdoc/>
    public StateFigures ReadFigures()
    {
        EngineFigures engine = _engine.ReadFigures();
        return new StateFigures(null, engine.Pipe.Bytes, _room, Interlocked.Read(ref _calls), 0, Interlocked.Read(ref _refused), _locks.Count)
        {
            Engine = new StateEngineFigures(engine.IsUp, engine.Lost, engine.Pipe.Waiting, engine.Pipe.Unknown),
        };
    }

    /// <inheritdoc/>
    public Task<StateImage> StopAsync() => throw new NotSupportedException("what is in a server is not handed over");

    /// <inheritdoc/>
    public void Dispose() => _locks.Dispose();

    /// <summary>The status that a script's answer begins with.</summary>
    public static StateStatus StatusOf(RespValue value) => (StateStatus)value[0].AsNumber;

    private static StateResult ReadThree(RespValue value) => new(StatusOf(value), value[1].AsNumber, value[2].AsNumber);

    private static StateResult ReadValue(RespValue value)
        => value[2].Kind is RespKind.Null ? new(StateStatus.Missing)
            : value[0].Kind is RespKind.Null ? new(StateStatus.Done, 0, value[2].AsNumber, Value: value[1].Bytes ?? [])
            : new(StateStatus.Done, value[0].AsNumber, value[2].AsNumber, IsNumber: true);

    // What has no end in the store has none in the server.
    private static long Milliseconds(in StateCall call) => call.Milliseconds == StateCall.Longest ? 0 : call.Milliseconds;

    private byte[] Value(in StateCall call) => _keys.Of('v', call.Key);

    private void Send(RedisScript? script, RespWriter words, Action<RedisAnswer> then, bool isRepeatable = false)
        => _engine.Pipe.Send(new RedisCall(script, words, then) { IsRepeatable = isRepeatable });

    private void Answer(IStateCaller caller, uint sequence, in StateResult result)
    {
        if (result.Status is StateStatus.Full)
        {
            long count = Interlocked.Increment(ref _refused);
            long now = Environment.TickCount64;
            long next = Interlocked.Read(ref _nextWord);
            if (now >= next && Interlocked.CompareExchange(ref _nextWord, now + 60_000, next) == next)
            {
                _onFull?.Invoke(count);
            }
        }

        caller.Reply(sequence, result);
    }

    private StateResult TroubleOf(RedisAnswer answer)
    {
        if (answer.IsReplica)
        {
            _engine.OnReplica();
        }

        return answer.Trouble;
    }

    private RespWriter SetWords(in StateCall call)
    {
        string how = (call.Has(StateOptions.Absent) ? "a" : "") + (call.Has(StateOptions.Present) ? "p" : "") + (call.Has(StateOptions.Version) ? "v" : "")
            + (call.Has(StateOptions.KeepTime) ? "k" : "") + (call.Has(StateOptions.Number) ? "n" : "");
        RespWriter words = RedisWords.Of(Value(call)).Add(how).Add(Milliseconds(call)).Add(call.Other);
        return call.Has(StateOptions.Number) ? words.Add(call.Number) : words.Add(call.Value);
    }

    private RespWriter AddWords(in StateCall call)
    {
        string how = (call.Has(StateOptions.Create) ? "c" : "") + (call.Has(StateOptions.KeepTime) ? "k" : "");
        RespWriter words = call.Value.Length > 0 ? RedisWords.Of(Value(call), _keys.Of('o', call.Value)) : RedisWords.Of(Value(call));
        return words.Add(how).Add(call.Number).Add(call.Other).Add(Milliseconds(call)).Add(Math.Max(OnceMilliseconds, call.Milliseconds));
    }

    private RespWriter HitWords(in StateCall call, char kind) => RedisWords.Of(_keys.Of(kind, call.Key)).Add(call.Number).Add(call.Other).Add(call.Milliseconds);

    private void Delete(in StateCall call, Func<Func<RespValue, StateResult>, Action<RedisAnswer>> reply)
    {
        byte[] key = _keys.Of(RedisKeys.KindOf(call.Number), call.Key);
        if (call.Has(StateOptions.Version))
        {
            Send(RedisScripts.Delete, RedisWords.Of(key).Add(call.Other), reply(static value => new(StatusOf(value), 0, value[1].AsNumber)));
        }
        else
        {
            Send(null, new RespWriter().Add("UNLINK").Add(key), reply(static value => new(value.AsNumber > 0 ? StateStatus.Done : StateStatus.Missing)));
        }
    }

    private void Sweep(in StateCall call, bool deletes, IStateCaller caller)
    {
        uint sequence = call.Sequence;
        new RedisSweep(_engine.Pipe, [_keys.Pattern(RedisKeys.KindOf(call.Number), call.Key)], Scanned, deletes, (answer, count) =>
            Answer(caller, sequence, answer.IsGood ? new StateResult(StateStatus.Done, count) : TroubleOf(answer))).Start();
    }
}
