namespace Hydra.Redis;

/// <summary>The arguments of scripts.</summary>
internal static class RedisWords
{
    /// <summary>Milliseconds that something is there which has no end of its own, unless it is renewed.</summary>
    public const long Day = 86_400_000;

    /// <summary>Those that begin with keys.</summary>
    public static RespWriter Of(params ReadOnlySpan<byte[]> keys)
    {
        RespWriter words = new RespWriter().Add(keys.Length);
        foreach (byte[] key in keys)
        {
            words.Add(key);
        }

        return words;
    }
}
