using System.Runtime.CompilerServices;

namespace Hydra.Transport;

/// <summary>
/// Names of header fields that only somebody in between may have set: what a proxy says of its client (X-Forwarded-…, Forwarded), names with an
/// underscore, which applications cannot tell from those with a hyphen, and Proxy, which programs take for the setting of that name.
/// Nearly no request has one, so that one look at each name is all they cost.
/// </summary>
internal static class DoubtfulNames
{
    /// <summary>Whether a name is one of them.</summary>
    /// <param name="name">In lower case, with a character at least.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Has(ReadOnlySpan<byte> name)
        => (name[0] is (byte)'x' or (byte)'f' or (byte)'p' && IsSpoken(name)) || name.Contains((byte)'_');

    /// <summary>Whether a name is one of those by which proxies tell of their clients.</summary>
    /// <param name="name">In lower case.</param>
    public static bool IsForwarded(ReadOnlySpan<byte> name)
        => name.StartsWith("x-forwarded-"u8) ? name[12..].SequenceEqual("for"u8) || name[12..].SequenceEqual("proto"u8) || name[12..].SequenceEqual("host"u8)
            || name[12..].SequenceEqual("port"u8) || name[12..].SequenceEqual("prefix"u8) || name[12..].SequenceEqual("ssl"u8)
            || name[12..].SequenceEqual("protocol"u8)
            : name.SequenceEqual("forwarded"u8);

    /// <summary>Whether it is Proxy: no field of HTTP, and HTTP_PROXY where fields become variables.</summary>
    /// <param name="name">In lower case.</param>
    public static bool IsProxy(ReadOnlySpan<byte> name) => name.SequenceEqual("proxy"u8);

    private static bool IsSpoken(ReadOnlySpan<byte> name) => IsForwarded(name) || IsProxy(name);
}
