using System.Globalization;
using System.Net;
using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>Who a proxy says that it was asked by: an element of X-Forwarded-For, or a node of RFC 7239, section 6.</summary>
/// <param name="Kind">What is known of it.</param>
/// <param name="Address">Its address, where it has one.</param>
/// <param name="Port">Its port; 0 where it has none, or one that is hidden.</param>
internal readonly record struct ForwardedNode(ForwardedNodeKind Kind, IPAddress? Address = null, int Port = 0)
{
    /// <summary>Reads address, address:port, [address of IPv6] or [address of IPv6]:port.</summary>
    /// <param name="text">Without white space around it.</param>
    public static ForwardedNode Read(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> host = text;
        ReadOnlySpan<char> port = default;
        if (text.StartsWith("unix:"))
        {
            // What nginx calls its client on a Unix socket.
            return new ForwardedNode(ForwardedNodeKind.Unix);
        }

        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']');
            host = end < 0 ? default : text[1..end];
            port = end < 0 ? default : text[(end + 1)..];
            if (!host.Contains(':'))
            {
                return default;
            }
        }
        else if (text.Count(':') == 1)
        {
            int colon = text.IndexOf(':');
            host = text[..colon];
            port = text[colon..];
        }

        if (host.SequenceEqual("unknown") || (host.Length > 1 && host[0] == '_'))
        {
            return new ForwardedNode(ForwardedNodeKind.Hidden);
        }

        return AddressText.TryRead(host, out IPAddress address) && TryReadPort(port, out int number)
            ? new ForwardedNode(ForwardedNodeKind.Address, address, number)
            : default;
    }

    // With the colon in front of it. RFC 7239, section 6: it may be hidden as the name may be.
    private static bool TryReadPort(ReadOnlySpan<char> text, out int port)
    {
        port = 0;
        return text.IsEmpty || (text[0] == ':' && text.Length > 1
            && (text[1] == '_' || (int.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue)));
    }
}

/// <summary>What is known of a node.</summary>
internal enum ForwardedNodeKind
{
    /// <summary>It is written as none is.</summary>
    Malformed,

    /// <summary>Its address.</summary>
    Address,

    /// <summary>It came by a Unix socket.</summary>
    Unix,

    /// <summary>The proxy does not say (unknown, or a name of the proxy's own).</summary>
    Hidden,
}
