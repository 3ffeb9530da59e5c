using Hydra.Protocol;
using Hydra.State;
using Hydra.Topics;

namespace Hydra.Redis;

/// <summary>Channels and groups that are in a server: what Django Channels calls so. Any thread.</summary>
internal sealed class RedisChannels : IDisposable
{
    private const int Scanned = 1000;

    private readonly RedisEngine _engine;
    private readonly RedisKeys _keys;
    private readonly RedisLines _lines;

    /// <summary>Of an application.</summary>
    public RedisChannels(RedisEngine engine, RedisKeys keys)
    {
        _engine = engine;
        _keys = keys;
        _lines = new RedisLines(engine, Ask, OnGot, name => new RedisCall(
            RedisScripts.Leave, RedisWords.Of(_keys.Of('d', name), _keys.Of('c', name)).Add(_engine.Name).Add(_engine.Fronts).Add([(byte)'C', .. _keys.Of('c', name)]).Add("C"), static _ => { }));
        engine.OnAttached(_lines.OnAttached);
    }

    /// <summary>Does what a call says.</summary>
    /// <returns>Null where it takes its time.</returns>
    public StateResult? Execute(in StateCall call, StateOwner owner, TopicAnswer answer)
    {
        switch (call.Operation)
        {
            case StateOperation.Pull:
                return _lines.Join(call, owner, answer.Caller!);
            case StateOperation.Push:
                Send(RedisScripts.Push, RedisWords.Of(_keys.Of('c', call.Key), _keys.Of('d', call.Key)).Add(call.Value).Add(Milliseconds(call)).Add(call.Number).Add(_engine.Fronts), answer);
                return null;
            case StateOperation.GroupAdd when !TopicTable.IsName(call.Value) || call.Number < 1:
                return new StateResult(StateStatus.Invalid);
            case StateOperation.GroupAdd:
                Send(RedisScripts.GroupAdd, RedisWords.Of(_keys.Of('g', call.Key)).Add(call.Value).Add(call.Number).Add(Milliseconds(call)), answer, isRepeatable: true);
                return null;
            case StateOperation.GroupDiscard:
                _engine.Pipe.Send(new RedisCall(
                    null, new RespWriter().Add("HDEL").Add(_keys.Of('g', call.Key)).Add(call.Value),
                    said => Tell(answer, said.IsGood ? new StateResult(said.Value.AsNumber > 0 ? StateStatus.Done : StateStatus.Missing) : said.Trouble)));
                return null;
            case StateOperation.GroupSend:
                Send(
                    RedisScripts.GroupSend,
                    RedisWords.Of(_keys.Of('g', call.Key)).Add(call.Value).Add(Milliseconds(call)).Add(_keys.Of('c', [])).Add(_keys.Of('d', [])).Add(_engine.Fronts), answer);
                return null;
            case StateOperation.Flush:
                new RedisSweep(_engine.Pipe, [_keys.Pattern('c', call.Key), _keys.Pattern('g', call.Key)], Scanned, deletes: true,
                    (said, count) => Tell(answer, said.IsGood ? new StateResult(StateStatus.Done, count) : said.Trouble)).Start();
                return null;
            default:
                return new StateResult(StateStatus.Invalid);
        }
    }

    /// <summary>Nobody waits for the answer to that call any more.</summary>
    /// <returns>Whether it had waited.</returns>
    public bool Abandon(StateOwner owner, TopicAnswer answer) => _lines.Abandon(owner, answer.Caller!, answer.Sequence);

    /// <summary>A link has closed, or all of a process.</summary>
    public void Forget(StateOwner owner, IStateCaller? caller) => _lines.Forget(owner, caller);

    /// <summary>The server says something of a key.</summary>
    /// <returns>Whether it is a channel of this application.</returns>
    public bool OnWord(ReadOnlySpan<byte> key)
    {
        if (!_keys.TryName(key, 'c', out byte[] name))
        {
            return false;
        }

        _lines.OnNews(name);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    private static void Tell(TopicAnswer answer, in StateResult result) => answer.Caller?.Reply(answer.Sequence, result);

    private static long Milliseconds(in StateCall call) => call.Milliseconds == StateCall.Longest ? 0 : call.Milliseconds;

    private void Send(RedisScript script, RespWriter words, TopicAnswer answer, bool isRepeatable = false)
        => _engine.Pipe.Send(new RedisCall(
            script, words, said => Tell(answer, said.IsGood ? new StateResult(RedisStore.StatusOf(said.Value), said.Value[1].AsNumber, said.Value[2].AsNumber) : said.Trouble))
        {
            IsRepeatable = isRepeatable,
        });

    // A message that was taken for an answer that is lost is lost with it, as with a process that has taken one and dies.
    private RedisCall Ask(LineWaiter waiter, Action<RedisAnswer> then)
    {
        byte[] name = waiter.Line.Name;
        return new RedisCall(
            RedisScripts.Pull,
            RedisWords.Of(_keys.Of('c', name), _keys.Of('d', name), _engine.Own).Add(_engine.Name).Add(waiter.IsLast ? 0 : 1).Add(_engine.Fronts).Add(RedisEngine.Life), then);
    }

    private void OnGot(LineWaiter waiter, RedisAnswer answer, bool isWaiting)
    {
        if (isWaiting)
        {
            waiter.By.Caller.Reply(waiter.By.Sequence, answer.IsGood ? new StateResult(StateStatus.Done, Value: answer.Value[1].Bytes ?? []) : answer.Trouble);
        }
        else if (answer.IsGood)
        {
            byte[] name = waiter.Line.Name;
            _engine.Pipe.Send(new RedisCall(
                RedisScripts.GiveBack, RedisWords.Of(_keys.Of('c', name), _keys.Of('d', name)).Add(answer.Value[1].Bytes).Add(answer.Value[2].Bytes).Add(_engine.Fronts), static _ => { })
            {
                IsPatient = true,
            });
        }
    }
}
