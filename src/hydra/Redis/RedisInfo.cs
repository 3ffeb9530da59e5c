namespace Hydra.Redis;

/// <summary>What a server says of itself (INFO). Where it says nothing, as to users who may not ask, it is taken for one that can be used.</summary>
/// <param name="Version">Its version; empty where it does not say it.</param>
/// <param name="Problem">Why it cannot be used; null where it can.</param>
/// <param name="Evicts">What it does when its memory is full, where that throws away what nobody has said may go; null where it does not.</param>
internal sealed record RedisInfo(string Version, RedisException? Problem, string? Evicts)
{
    // EVALSHA whose effects are replicated: what is told of the time stays true at a replica.
    private const int OldestMajor = 5;

    /// <summary>Of what INFO says.</summary>
    public static RedisInfo Of(string text)
    {
        Dictionary<string, string> all = [];
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                all[line[..colon]] = line[(colon + 1)..].TrimEnd('\r');
            }
        }

        string version = all.GetValueOrDefault("valkey_version") ?? all.GetValueOrDefault("redis_version") ?? "";
        bool isOld = int.TryParse(all.GetValueOrDefault("redis_version")?.Split('.')[0], out int major) && major < OldestMajor;
        string? policy = all.GetValueOrDefault("maxmemory_policy");
        bool evicts = policy is not null and not "noeviction" && all.GetValueOrDefault("maxmemory") is not (null or "0");
        return new RedisInfo(version, ProblemOf(all, version, isOld), evicts ? policy : null);
    }

    private static RedisException? ProblemOf(Dictionary<string, string> all, string version, bool isOld) => (all.GetValueOrDefault("redis_mode") ?? all.GetValueOrDefault("server_mode")) switch
    {
        "sentinel" => new RedisException("it is a Sentinel, which keeps no state: --state names the servers themselves, redis://first:6379,second:6379", isFinal: true),
        "cluster" => new RedisException("it is part of a Cluster, which --state cannot use: it needs one server for an application, with replicas if you like", isFinal: true),
        _ when isOld => new RedisException($"it is Redis {version}, and --state needs 5 or newer", isFinal: true),
        _ when all.GetValueOrDefault("loading") == "1" => new RedisException("it is loading its data"),
        _ when all.GetValueOrDefault("role") is "slave" or "replica" => new RedisException("it is a replica, which takes no writes"),
        _ => null,
    };
}
