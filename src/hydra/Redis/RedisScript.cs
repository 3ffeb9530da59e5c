using System.Security.Cryptography;
using System.Text;

namespace Hydra.Redis;

/// <summary>A script that the server runs as one command (Lua).</summary>
internal sealed class RedisScript
{
    private readonly byte[] _byHash;
    private readonly byte[] _bySource;

    /// <summary>Of a source.</summary>
    public RedisScript(string source)
    {
        Source = source;
#pragma warning disable CA5350 // It is the name that the server gives a script, nothing that protects it.
        Hash = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(source)));
#pragma warning restore CA5350
        _byHash = new RespWriter().Add("EVALSHA").Add(Hash).ToArray();
        _bySource = new RespWriter().Add("EVAL").Add(source).ToArray();
    }

    /// <summary>What it does.</summary>
    public string Source { get; }

    /// <summary>What the server calls it.</summary>
    public string Hash { get; }

    /// <summary>What stands in front of so many arguments.</summary>
    public byte[] Head(int arguments, bool isWhole) => [.. RespWriter.Head(arguments + 2), .. isWhole ? _bySource : _byHash];
}
