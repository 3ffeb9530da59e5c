using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>Proxies in front of the server. The names are uvicorn's and gunicorn's.</content>
internal static partial class OptionTable
{
    private static readonly (string Name, ForwardedAspects Value)[] AspectNames =
    [
        ("for", ForwardedAspects.For), ("proto", ForwardedAspects.Proto), ("host", ForwardedAspects.Host), ("port", ForwardedAspects.Port),
        ("prefix", ForwardedAspects.Prefix), ("forwarded", ForwardedAspects.Standard),
    ];

    private static IEnumerable<Option> ProxyRows =>
    [
        new()
        {
            Name = "proxy-headers", Default = "true", Group = OptionGroup.Proxies,
            Help = "Believe what trusted proxies say of their clients (X-Forwarded-For, X-Forwarded-Proto, Forwarded), and leave such fields out "
                + "where others send them. Without it all of them reach the application as they came.",
            Binder = Section.Proxies.Switch(static (o, v) => o with { ReadsHeaders = v }),
        },
        new()
        {
            Name = "forwarded-allow-ips", Placeholder = "LIST", Default = PeerList.Local.Text, SharedVariables = ["FORWARDED_ALLOW_IPS"], IsList = true, Group = OptionGroup.Proxies,
            Help = "The proxies that are trusted, with commas between them: addresses, networks such as 10.0.0.0/8, unix for clients of a Unix socket, * for all.",
            Binder = Section.Proxies.Peers(static (o, v) => o with { Trusted = v }),
        },
        new()
        {
            Name = "forwarded-fields", Placeholder = "LIST", Default = "for,proto", IsList = true, Group = OptionGroup.Proxies,
            Help = "What trusted proxies are believed: for, proto, host, port and prefix, of X-Forwarded-* or else of Forwarded; with forwarded of that alone. "
                + "Name only what your proxy sets: what it does not, clients can.",
            Binder = Section.Proxies.Read(ReadAspects),
        },
        new()
        {
            Name = "header-map", Placeholder = "drop|refuse|dangerous", Default = "drop", Group = OptionGroup.Proxies,
            Help = "What becomes of header fields whose names have an underscore, which WSGI cannot tell from those with a hyphen: they are left out, the "
                + "request is refused with 400, or they are let in.",
            Binder = Section.Proxies.Choice(
                [("drop", HeaderMap.Drop), ("refuse", HeaderMap.Refuse), ("dangerous", HeaderMap.Dangerous)], static (o, v) => o with { HeaderMap = v }),
        },
        new()
        {
            Name = "forwarder-headers", Placeholder = "NAMES", IsList = true, Group = OptionGroup.Proxies,
            Help = "Header fields with an underscore that trusted proxies may send, with commas between them. SCRIPT_NAME is taken for the root path.",
            Binder = Section.Proxies.Text(static (o, v) => o with
            {
                ForwarderHeaders = string.Join(',', v.ToLowerInvariant().Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)),
            }),
        },
        new()
        {
            Name = "proxy-protocol", Placeholder = "off|v1|v2|auto", Default = "off", BareValue = "auto", Group = OptionGroup.Proxies,
            Help = "Proxies say who their client is before each connection begins (HAProxy's send-proxy, load balancers of clouds): in version 1, 2, or either. "
                + "Without a value it is auto.",
            Binder = Section.Proxies.Choice(ProtocolVersions, static (o, v) => o with { Versions = v }),
        },
        new()
        {
            Name = "proxy-allow-from", Placeholder = "LIST", Default = PeerList.Local.Text, IsList = true, Group = OptionGroup.Proxies,
            Help = "The proxies that do, as in --forwarded-allow-ips. Their connections have to begin so, and those of others must not.",
            Binder = Section.Proxies.Peers(static (o, v) => o with { ProtocolPeers = v }),
        },
        new()
        {
            Name = "protocol", Placeholder = "http|uwsgi", Default = "http", Group = OptionGroup.Proxies,
            Help = "What is spoken at addresses that do not say it themselves (http://, uwsgi://): HTTP, or the uwsgi protocol of nginx's uwsgi_pass.",
            Binder = Section.Proxies.Choice([("http", false), ("uwsgi", true)], static (o, v) => o with { SpeaksUwsgi = v }),
        },
        new()
        {
            Name = "uwsgi-allow-from", Placeholder = "LIST", Default = PeerList.Local.Text, IsList = true, Group = OptionGroup.Proxies,
            Help = "Who may speak the uwsgi protocol, as in --forwarded-allow-ips: its variables say who the client is. Others are refused with 403.",
            Binder = Section.Proxies.Peers(static (o, v) => o with { UwsgiPeers = v }),
        },
    ];

    private static IReadOnlyList<(string Name, ProxyVersions Value)> ProtocolVersions =>
    [
        ("off", ProxyVersions.None), ("v1", ProxyVersions.One), ("v2", ProxyVersions.Two), ("auto", ProxyVersions.One | ProxyVersions.Two),
    ];

    private static string? ReadAspects(string text, ProxyOptions before, out ProxyOptions after)
    {
        ForwardedAspects aspects = ForwardedAspects.None;
        string? problem = null;
        foreach (string word in text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            string name = word.Replace("x-forwarded-", "", StringComparison.OrdinalIgnoreCase);
            string? wrong = ValueReader.Choice(name, AspectNames, out ForwardedAspects aspect);
            problem ??= wrong;
            aspects |= aspect;
        }

        after = before with { Aspects = aspects };
        return problem;
    }
}
