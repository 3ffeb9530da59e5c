using System.Text;
using Hydra.Protocol;

namespace Hydra.Redis;

/// <summary>How the keys of an application are made: docs/state.md has the table.</summary>
/// <param name="prefix">What all of them begin with.</param>
internal sealed class RedisKeys(string prefix)
{
    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(prefix);

    /// <summary>A key: what all begin with, the letter of its kind, and what the application calls it.</summary>
    public byte[] Of(char kind, ReadOnlySpan<byte> name)
    {
        byte[] key = new byte[_prefix.Length + 2 + name.Length];
        _prefix.CopyTo(key, 0);
        key[_prefix.Length] = (byte)kind;
        key[_prefix.Length + 1] = (byte)':';
        name.CopyTo(key.AsSpan(_prefix.Length + 2));
        return key;
    }

    /// <summary>What the application calls a key of that kind; false where it is none of it.</summary>
    public bool TryName(ReadOnlySpan<byte> key, char kind, out byte[] name)
    {
        bool isOne = key.StartsWith(_prefix) && key.Length >= _prefix.Length + 2 && key[_prefix.Length] == kind && key[_prefix.Length + 1] == ':';
        name = isOne ? key[(_prefix.Length + 2)..].ToArray() : [];
        return isOne;
    }

    /// <summary>What matches all keys that begin so (KEYS' patterns).</summary>
    public byte[] Pattern(char kind, ReadOnlySpan<byte> name)
    {
        List<byte> pattern = [];
        foreach (byte one in Of(kind, name))
        {
            if (one is (byte)'*' or (byte)'?' or (byte)'[' or (byte)']' or (byte)'\\' or (byte)'^' or (byte)'-')
            {
                pattern.Add((byte)'\\');
            }

            pattern.Add(one);
        }

        pattern.Add((byte)'*');
        return [.. pattern];
    }

    /// <summary>The letter of what the number of a CLEAR, COUNT or DELETE means.</summary>
    public static char KindOf(long number) => number switch
    {
        (long)StateOperation.Rate => 'r',
        (long)StateOperation.Window => 'w',
        _ => 'v',
    };
}
