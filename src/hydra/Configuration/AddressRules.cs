using System.Globalization;
using System.Net;
using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>The ways to write an address, and which of the options about addresses wins.</summary>
internal static class AddressRules
{
    private const string DefaultHost = "127.0.0.1";
    private const string AnyHost = "0.0.0.0";
    private const int DefaultPort = 8000;

    // As URLs have them, as puma has them, as gunicorn has them, and as nginx's uwsgi_pass has them.
    private static readonly (string Prefix, bool? IsTls, bool? IsUwsgi)[] Schemes =
    [
        ("https://", true, false), ("ssl://", true, false), ("http://", false, false), ("tcp://", null, null), ("uwsgi://", false, true), ("suwsgi://", true, true),
    ];

    // sun_path holds 108 bytes on Linux and 104 elsewhere, with the NUL.
    private const int MaximumUnixPath = 103;

    /// <summary>Where a server listens that was told nothing.</summary>
    public static BindAddress Default { get; } = new BindAddress.Tcp(DefaultHost, DefaultPort);

    /// <summary>Reads an address as <see cref="ReadBind"/> does, with http://, https://, uwsgi:// or suwsgi:// in front of it or not.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? ReadListen(string text, out BindAddress address)
    {
        foreach ((string prefix, bool? isTls, bool? isUwsgi) in Schemes)
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                string rest = text[prefix.Length..];
                if (rest.Length == 0)
                {
                    address = Default;
                    return $"\"{text}\" has no address behind the scheme.";
                }

                // As a browser shows it.
                bool hasSlash = rest.EndsWith('/') && !rest.StartsWith("unix:", StringComparison.Ordinal);
                string? problem = ReadBind(hasSlash ? rest[..^1] : rest, out address);
                address = address with { IsTls = isTls, IsUwsgi = isUwsgi };
                return problem;
            }
        }

        return ReadBind(text, out address);
    }

    /// <summary>Reads host:port, [::1]:port, :port, port, host, unix:/path or fd://number.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? ReadBind(string text, out BindAddress address)
    {
        address = Default;
        if (string.IsNullOrWhiteSpace(text))
        {
            return "the address is empty; a variable without a value, perhaps. Every interface is \":PORT\".";
        }

        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            return ReadUnix(text["unix:".Length..], out address);
        }

        if (text.StartsWith(BindAddress.Descriptor.Prefix, StringComparison.Ordinal))
        {
            return ReadDescriptor(text[BindAddress.Descriptor.Prefix.Length..], out address);
        }

        if (text.Contains("://", StringComparison.Ordinal))
        {
            return $"\"{text}\" is a URL; give host:port or unix:/path.";
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            text = DefaultHost + ":" + text;
        }

        string? problem = ReadHost(text, out string host, out int? port);
        if (problem is null)
        {
            address = new BindAddress.Tcp(host, port ?? DefaultPort);
        }

        return problem;
    }

    /// <summary>Reads the path of a Unix socket.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? ReadUnix(string path, out BindAddress address)
    {
        // unix:///run/x.sock is how URLs write it.
        path = path.StartsWith("///", StringComparison.Ordinal) ? path[2..] : path;
        address = new BindAddress.Unix(path);
        int length = System.Text.Encoding.UTF8.GetByteCount(path);
        return length switch
        {
            0 => "the path of the Unix socket is missing.",
            > MaximumUnixPath => $"\"{path}\" has {length} bytes; the path of a Unix socket may have {MaximumUnixPath}.",
            _ when path.Contains('\0', StringComparison.Ordinal) => "the path of the Unix socket contains a NUL character.",
            _ => null,
        };
    }

    /// <summary>Reads the number of a descriptor; the first three are the standard streams.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? ReadDescriptor(string text, out BindAddress address)
    {
        string? problem = ValueReader.Integer(text, 3, 1_000_000, out int number);
        address = new BindAddress.Descriptor(number);
        return problem;
    }

    /// <summary>Reads a port.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? ReadPort(string text, out int port) => ValueReader.Integer(text, 0, 65535, out port);

    /// <summary>Reads a host with or without a port.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? ReadHost(string text, out string host, out int? port)
    {
        (host, port) = (text, null);
        string portText = "";
        bool hasPort = false;
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            string rest = end < 0 ? "" : text[(end + 1)..];
            if (end < 0 || (rest.Length > 0 && rest[0] != ':'))
            {
                return NoAddress(text);
            }

            host = text[1..end];
            (hasPort, portText) = (rest.Length > 0, rest.Length > 0 ? rest[1..] : "");
        }
        else if (text.AsSpan().Count(':') == 1)
        {
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            (hasPort, host, portText) = (true, text[..colon], text[(colon + 1)..]);
        }

        if (hasPort)
        {
            if (ReadPort(portText, out int number) is not null)
            {
                return $"\"{text}\" needs a port from 0 to 65535 after the colon.";
            }

            port = number;
        }

        return CheckHost(text, ref host);
    }

    private static string NoAddress(string text) => $"\"{text}\" is not an address; an IPv6 address with a port is written [::1]:8000.";

    private static string? CheckHost(string text, ref string host)
    {
        if (host is "" or "*")
        {
            host = AnyHost;
            return null;
        }

        if (host.Contains(':', StringComparison.Ordinal))
        {
            return IPAddress.TryParse(host, out _) ? null : NoAddress(text);
        }

        bool isName = host.All(static c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_');
        return isName ? null : $"\"{text}\" is neither a host name nor an IP address.";
    }

    /// <summary>Decides where to listen: the style of the strongest source wins, and only one style may come from there.</summary>
    public static IReadOnlyList<BindAddress> Resolve(AddressDraft draft, Action<string> report)
    {
        SourceRank hostRank = draft.Host?.Source.Rank ?? SourceRank.Default;
        SourceRank portRank = draft.Port?.Source.Rank ?? SourceRank.Default;
        SourceRank bindRank = draft.Binds.Count > 0 ? draft.Binds[0].Source.Rank : SourceRank.Default;
        SourceRank unixRank = draft.UnixPath?.Source.Rank ?? SourceRank.Default;
        SourceRank descriptorRank = draft.Descriptor?.Source.Rank ?? SourceRank.Default;
        SourceRank tcpRank = hostRank > portRank ? hostRank : portRank;
        SourceRank top = new[] { tcpRank, bindRank, unixRank, descriptorRank }.Max();
        if (top == SourceRank.Default)
        {
            return [Default];
        }

        OptionValue tcp = hostRank >= portRank ? draft.Host ?? default : draft.Port ?? default;
        OptionValue[] styles =
        [
            .. bindRank == top ? [draft.Binds[0]] : Array.Empty<OptionValue>(),
            .. unixRank == top ? [draft.UnixPath!.Value] : Array.Empty<OptionValue>(),
            .. descriptorRank == top ? [draft.Descriptor!.Value] : Array.Empty<OptionValue>(),
            .. tcpRank == top ? [tcp] : Array.Empty<OptionValue>(),
        ];
        if (styles.Length > 1)
        {
            string names = string.Join(" and ", styles.Select(static style => style.Source.Spelling));
            report($"{names} contradict each other: give the addresses with --bind alone (it may be repeated), "
                + "with --host and --port, with --uds, or with --fd.");
            return [Default];
        }

        return bindRank == top ? BindsOf(draft, report)
            : unixRank == top ? UnixOf(draft.UnixPath!.Value, report)
            : descriptorRank == top ? DescriptorOf(draft.Descriptor!.Value, report)
            : [TcpOf(draft, report)];
    }

    private static List<BindAddress> BindsOf(AddressDraft draft, Action<string> report)
    {
        List<BindAddress> addresses = [];
        foreach (OptionValue value in draft.Binds)
        {
            if (ReadListen(value.Text, out BindAddress address) is { } problem)
            {
                report(value.Source.Describe(OptionTable.Get("bind")) + ": " + problem);
            }
            else if (addresses.Any(other => other with { IsTls = null, IsUwsgi = null } == address with { IsTls = null, IsUwsgi = null }) && address is not BindAddress.Tcp { Port: 0 })
            {
                report(value.Source.Describe(OptionTable.Get("bind")) + $": \"{value.Text}\" is given twice.");
            }
            else
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    private static List<BindAddress> UnixOf(OptionValue value, Action<string> report)
    {
        if (ReadUnix(value.Text, out BindAddress address) is { } problem)
        {
            report(value.Source.Describe(OptionTable.Get("uds")) + ": " + problem);
        }

        return [address];
    }

    private static List<BindAddress> DescriptorOf(OptionValue value, Action<string> report)
    {
        if (ReadDescriptor(value.Text, out BindAddress address) is { } problem)
        {
            report(value.Source.Describe(OptionTable.Get("fd")) + ": " + problem);
        }

        return [address];
    }

    private static BindAddress.Tcp TcpOf(AddressDraft draft, Action<string> report)
    {
        // Whoever sets PORT and nothing else is a platform that wants the server reached from outside.
        string host = draft.Port is { Source.Rank: SourceRank.SharedVariable } ? AnyHost : DefaultHost;
        int? hostPort = null;
        if (draft.Host is { } givenHost && ReadHost(givenHost.Text, out host, out hostPort) is { } problem)
        {
            report(givenHost.Source.Describe(OptionTable.Get("host")) + ": " + problem);
        }

        int port = DefaultPort;
        if (draft.Port is { } givenPort && (hostPort is null || givenPort.Source.Rank >= draft.Host!.Value.Source.Rank))
        {
            if (hostPort is not null && givenPort.Source.Rank == draft.Host!.Value.Source.Rank)
            {
                report($"{draft.Host.Value.Source.Spelling} and {givenPort.Source.Spelling} contradict each other: both give a port.");
            }

            if (ReadPort(givenPort.Text, out port) is { } portProblem)
            {
                report(givenPort.Source.Describe(OptionTable.Get("port")) + ": " + portProblem);
            }

            return new BindAddress.Tcp(host, port);
        }

        return new BindAddress.Tcp(host, hostPort ?? port);
    }
}
