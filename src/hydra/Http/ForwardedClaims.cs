using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Hydra.Primitives;
using Hydra.Transport;

namespace Hydra.Http;

/// <summary>
/// What proxies that are believed say of a request. A proxy adds to lists at their end, so they are read from there, and no further than
/// to the first who is not believed: what stands before him anybody may have written.
/// </summary>
internal sealed record ForwardedClaims
{
    // More hops than anybody has. With all peers believed a client could else have the server read a head of nothing but addresses.
    private const int MostHops = 100;

    private static readonly SearchValues<char> PathCharacters = SearchValues.Create(
        "/-._~!$&'()*+,;=:@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The client's address, or null.</summary>
    public IPAddress? Client { get; private init; }

    /// <summary>The client's port; 0 where it is not said.</summary>
    public int ClientPort { get; private init; }

    /// <summary>http, https, or null.</summary>
    public string? Scheme { get; private init; }

    /// <summary>The host that the client has asked for, with its port where it has named one; or null.</summary>
    public string? Host { get; private init; }

    /// <summary>The port that the client has reached; 0 where it is not said.</summary>
    public int Port { get; private init; }

    /// <summary>The path below which the application is shown, with a slash in front and none behind; or null.</summary>
    public string? Prefix { get; private init; }

    /// <summary>Takes what is to be believed out of the fields of a peer that is believed.</summary>
    /// <param name="fields">The fields.</param>
    /// <param name="trusted">Who is believed.</param>
    /// <param name="aspects">What of.</param>
    public static ForwardedClaims Read(ForwardedFields fields, PeerList trusted, ForwardedAspects aspects)
        => aspects.HasFlag(ForwardedAspects.Standard) || (fields.Forwarded is not null && !HasOthers(fields, aspects))
            ? ReadStandard(fields, trusted, aspects)
            : ReadUsual(fields, trusted, aspects);

    /// <summary>A path below which an application may be shown, as a proxy names it; null where it is none.</summary>
    public static string? ReadPrefix(ReadOnlySpan<char> text)
    {
        // A browser takes two slashes for the beginning of a host: such a path would lead elsewhere.
        ReadOnlySpan<char> path = text.TrimEnd('/');
        return path.Length > 1 && path[0] == '/' && path[1] != '/' && !path.ContainsAnyExcept(PathCharacters)
            && !path.Contains("/../", StringComparison.Ordinal) && !path.EndsWith("/..", StringComparison.Ordinal) ? path.ToString() : null;
    }

    private static bool HasOthers(ForwardedFields fields, ForwardedAspects aspects)
        => fields.For is not null || fields.Proto is not null || fields.Ssl is not null || fields.Protocol is not null
            || (fields.Host is not null && aspects.HasFlag(ForwardedAspects.Host));

    // The fields that everybody had before there was a standard.
    private static ForwardedClaims ReadUsual(ForwardedFields fields, PeerList trusted, ForwardedAspects aspects)
    {
        (ForwardedNode client, int hops) = aspects.HasFlag(ForwardedAspects.For) ? Walk(fields.For, trusted) : default;
        return new ForwardedClaims
        {
            Client = client.Address,
            ClientPort = client.Port,
            Scheme = aspects.HasFlag(ForwardedAspects.Proto) ? SchemeOf(fields, hops) : null,
            Host = aspects.HasFlag(ForwardedAspects.Host) ? ReadHost(Pick(fields.Host, hops)) : null,
            Port = PortOf(fields, hops, aspects),
            Prefix = PrefixOf(fields, hops, aspects),
        };
    }

    // RFC 7239. Each element that is read was written by somebody who is believed.
    private static ForwardedClaims ReadStandard(ForwardedFields fields, PeerList trusted, ForwardedAspects aspects)
    {
        ReadOnlySpan<char> rest = fields.Forwarded;
        (IPAddress? client, int port, string? scheme, string? host) = (null, 0, null, null);
        int hops = 0;
        for (bool goesOn = true; goesOn && hops < MostHops && ForwardedElement.TryTakeLast(ref rest, out ReadOnlySpan<char> text);)
        {
            if (text.IsEmpty)
            {
                continue;
            }

            ForwardedNode node = default;
            if (!ForwardedElement.TryRead(text, out ForwardedElement element)
                || (element.For is not null && (node = ForwardedNode.Read(element.For)).Kind is ForwardedNodeKind.Malformed))
            {
                break;
            }

            hops++;
            scheme = element.Proto is null ? scheme : ReadScheme(element.Proto) ?? scheme;
            host = element.Host is null ? host : ReadHost(element.Host) ?? host;
            (client, port) = node.Kind is ForwardedNodeKind.Address ? (node.Address, node.Port) : (client, port);
            goesOn = IsTrusted(node, trusted);
        }

        return new ForwardedClaims
        {
            Client = aspects.HasFlag(ForwardedAspects.For) ? client : null,
            ClientPort = port,
            Scheme = aspects.HasFlag(ForwardedAspects.Proto) ? scheme : null,
            Host = aspects.HasFlag(ForwardedAspects.Host) ? host : null,
            Port = PortOf(fields, Math.Max(0, hops - 1), aspects),
            Prefix = PrefixOf(fields, Math.Max(0, hops - 1), aspects),
        };
    }

    // The client, and how many proxies stand between it and the one that is connected.
    private static (ForwardedNode Client, int Hops) Walk(ReadOnlySpan<char> list, PeerList trusted)
    {
        ForwardedNode client = default;
        int hops = 0;
        for (int seen = 0; !list.IsEmpty && seen < MostHops; seen++)
        {
            int comma = list.LastIndexOf(',');
            ReadOnlySpan<char> text = list[(comma + 1)..].Trim(" \t\"");
            list = comma < 0 ? default : list[..comma];
            if (text.IsEmpty)
            {
                continue;
            }

            ForwardedNode node = ForwardedNode.Read(text);
            if (node.Kind is ForwardedNodeKind.Malformed or ForwardedNodeKind.Hidden)
            {
                break;
            }

            client = node.Kind is ForwardedNodeKind.Address ? node : client;
            hops++;
            if (!IsTrusted(node, trusted))
            {
                break;
            }
        }

        return (client, Math.Max(0, hops - 1));
    }

    private static bool IsTrusted(ForwardedNode node, PeerList trusted) => node.Kind switch
    {
        ForwardedNodeKind.Address => trusted.Contains(node.Address!),
        ForwardedNodeKind.Unix => trusted.HasUnix,
        _ => false,
    };

    // What the proxy that the client has reached has said: those behind it may have added their own, or left what there was.
    private static ReadOnlySpan<char> Pick(ReadOnlySpan<char> list, int hops)
    {
        for (int i = 0; i < hops && list.LastIndexOf(',') is >= 0 and var comma; i++)
        {
            list = list[..comma];
        }

        return list[(list.LastIndexOf(',') + 1)..].Trim(" \t\"");
    }

    private static string? SchemeOf(ForwardedFields fields, int hops)
    {
        if (fields.Proto is not null)
        {
            return ReadScheme(Pick(fields.Proto, hops));
        }

        // gunicorn's secure_scheme_headers.
        ReadOnlySpan<char> ssl = Pick(fields.Ssl, hops);
        return ssl.Equals("on", StringComparison.OrdinalIgnoreCase) ? "https"
            : ssl.Equals("off", StringComparison.OrdinalIgnoreCase) ? "http"
            : Pick(fields.Protocol, hops).Equals("ssl", StringComparison.OrdinalIgnoreCase) ? "https"
            : ReadScheme(Pick(fields.Protocol, hops));
    }

    private static string? ReadScheme(ReadOnlySpan<char> text)
        => text.Equals("https", StringComparison.OrdinalIgnoreCase) || text.Equals("wss", StringComparison.OrdinalIgnoreCase) ? "https"
            : text.Equals("http", StringComparison.OrdinalIgnoreCase) || text.Equals("ws", StringComparison.OrdinalIgnoreCase) ? "http"
            : null;

    private static string? ReadHost(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[256];
        return text.Length is > 0 and < 256 && Encoding.ASCII.TryGetBytes(text, bytes, out int length) && !text.ContainsAnyExceptInRange('!', '~')
            && HostRules.IsValid(bytes[..length], takesPath: false) ? text.ToString() : null;
    }

    private static int PortOf(ForwardedFields fields, int hops, ForwardedAspects aspects)
        => aspects.HasFlag(ForwardedAspects.Port)
            && int.TryParse(Pick(fields.Port, hops), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= ushort.MaxValue
            ? port
            : 0;

    private static string? PrefixOf(ForwardedFields fields, int hops, ForwardedAspects aspects)
        => aspects.HasFlag(ForwardedAspects.Prefix) && fields.Prefix is not null ? ReadPrefix(Pick(fields.Prefix, hops)) : null;
}
