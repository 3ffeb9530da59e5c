using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hydra.Primitives;

/// <summary>A host that requests may be for, or several of one name. Ports do not count.</summary>
/// <param name="Name">The name in lower case, or an address, of IPv6 in brackets; empty for all hosts.</param>
/// <param name="TakesName">Whether the name itself is meant.</param>
/// <param name="TakesBelow">Whether names below it are meant.</param>
internal sealed record HostPattern(string Name, bool TakesName, bool TakesBelow)
{
    private const string Sentence = "is no host; write a name, an address, *.example.org for all names below one, .example.org for these and the name itself, or *.";

    /// <summary>Reads a pattern.</summary>
    /// <returns>Null, or what is wrong with it: the rest of a sentence.</returns>
    public static string? Read(string text, out HostPattern pattern)
    {
        pattern = new HostPattern("", true, true);
        if (text == "*")
        {
            return null;
        }

        if (AddressText.TryRead(text.AsSpan().Trim("[]"), out IPAddress address))
        {
            pattern = new HostPattern(address.AddressFamily is AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString(), true, false);
            return null;
        }

        bool isBelow = text.StartsWith("*.", StringComparison.Ordinal);
        string name = (isBelow ? text[2..] : text.StartsWith('.') ? text[1..] : text).TrimEnd('.');
        try
        {
            name = name.Length > 0 && !name.All(char.IsAscii) ? new IdnMapping().GetAscii(name) : name;
        }
        catch (ArgumentException)
        {
            name = "";
        }

        if (name.Length is 0 or > 253 || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') || name.StartsWith('.') || name.Contains("..", StringComparison.Ordinal))
        {
            return $"\"{text}\" {Sentence}";
        }

        pattern = new HostPattern(name.ToLowerInvariant(), !isBelow, isBelow || text.StartsWith('.'));
        return null;
    }

    /// <summary>Whether a host is meant.</summary>
    /// <param name="host">Without its port.</param>
    public bool Takes(ReadOnlySpan<char> host)
    {
        if (Name.Length == 0)
        {
            return true;
        }

        host = host.TrimEnd('.');
        return (TakesName && host.Equals(Name, StringComparison.OrdinalIgnoreCase))
            || (TakesBelow && host.Length > Name.Length + 1 && host[^(Name.Length + 1)] == '.' && host.EndsWith(Name, StringComparison.OrdinalIgnoreCase));
    }
}
