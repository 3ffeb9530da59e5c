namespace Hydra.Redis;

/// <summary>
/// Goes through all keys that match a pattern, a thousand at a time, so that other commands have their turn (SCAN): counts them, or takes them away. What comes and goes meanwhile is counted or not,
/// and while there are more and more of them one may be counted twice.
/// </summary>
/// <param name="pipe">The server.</param>
/// <param name="patterns">What the keys match, one after the other.</param>
/// <param name="batch">Keys that are looked at in one command.</param>
/// <param name="deletes">Whether they go.</param>
/// <param name="then">Told how many there were.</param>
internal sealed class RedisSweep(RedisPipe pipe, byte[][] patterns, int batch, bool deletes, Action<RedisAnswer, long> then)
{
    private int _at;
    private long _count;

    /// <summary>Begins.</summary>
    public void Start() => Scan("0"u8.ToArray());

    private void Scan(byte[] cursor)
        => pipe.Send(new RedisCall(null, new RespWriter().Add("SCAN").Add(cursor).Add("MATCH").Add(patterns[_at]).Add("COUNT").Add(batch), OnFound) { IsRepeatable = true });

    private void OnFound(RedisAnswer answer)
    {
        if (!answer.IsGood)
        {
            then(answer, _count);
            return;
        }

        byte[] cursor = answer.Value[0].Bytes ?? [];
        RespValue found = answer.Value[1];
        if (found.Count == 0 || !deletes)
        {
            _count += found.Count;
            GoOn(cursor, answer);
            return;
        }

        RespWriter words = new RespWriter().Add("UNLINK");
        foreach (RespValue key in found.Items!)
        {
            words.Add(key.Bytes);
        }

        pipe.Send(new RedisCall(null, words, gone =>
        {
            _count += gone.Value.AsNumber;
            GoOn(cursor, gone);
        }));
    }

    private void GoOn(byte[] cursor, RedisAnswer answer)
    {
        if (answer.IsGood && !cursor.AsSpan().SequenceEqual("0"u8))
        {
            Scan(cursor);
        }
        else if (answer.IsGood && ++_at < patterns.Length)
        {
            Scan("0"u8.ToArray());
        }
        else
        {
            then(answer, _count);
        }
    }
}
