using System.Text;
using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Redis;

/// <summary>What became of a command.</summary>
/// <param name="Status">Done where the server has answered as it should.</param>
/// <param name="Value">Its answer.</param>
/// <param name="Text">What went wrong, where something did: a sentence without its full stop.</param>
internal readonly record struct RedisAnswer(StateStatus Status, RespValue Value, string Text = "")
{
    /// <summary>Whether the server has answered as it should.</summary>
    public bool IsGood => Status is StateStatus.Done;

    /// <summary>Whether the server that was asked is a replica, and another one is to be looked for.</summary>
    public bool IsReplica => Value.Kind is RespKind.Error && Value.Text.Contains("READONLY", StringComparison.Ordinal);

    /// <summary>What is said to who has made the call.</summary>
    public StateResult Trouble => new(Status, Value: Encoding.UTF8.GetBytes(Text));

    /// <summary>Of an answer.</summary>
    public static RedisAnswer Of(RespValue value)
    {
        if (value.Kind is not RespKind.Error)
        {
            return new(StateStatus.Done, value);
        }

        // Within a script the words stand behind others, in some versions.
        string text = value.Text;
        bool Says(string word) => text.Contains(word, StringComparison.Ordinal);
        return Says("OOM command not allowed") || text.StartsWith("OOM ", StringComparison.Ordinal) ? new(StateStatus.Full, value, "Redis has no memory left (maxmemory)")
            : Says("WRONGTYPE") ? new(StateStatus.WrongKind, value, "what is under the key in Redis is of another kind")
            : Says("READONLY") ? new(StateStatus.Unavailable, value, "Redis is a replica, which takes no writes")
            : Says("LOADING") ? new(StateStatus.Unavailable, value, "Redis is loading its data")
            : Says("MISCONF") ? new(StateStatus.Unavailable, value, "Redis takes no writes, because it cannot save them (MISCONF)")
            : Says("NOREPLICAS") ? new(StateStatus.Unavailable, value, "Redis takes no writes, because it has too few replicas (NOREPLICAS)")
            : Says("BUSY ") ? new(StateStatus.Unavailable, value, "Redis is busy with a script")
            : new(StateStatus.Unavailable, value, "Redis refuses it: " + (text.Length > 200 ? text[..200] : text));
    }
}
