using System.Globalization;
using System.Net;

namespace Hydra.Primitives;

/// <summary>A place where a Redis or Valkey may be.</summary>
/// <param name="Name">A name or address.</param>
/// <param name="Port">Its port.</param>
internal sealed record RedisHost(string Name, int Port)
{
    /// <inheritdoc/>
    public override string ToString() => Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]:{Port}" : $"{Name}:{Port}";
}

/// <summary>
/// Where a Redis or Valkey is, and who asks there: <c>redis://[user:password@]host[:port][,host[:port]…][/db][?…]</c>, <c>rediss://</c> over TLS, <c>unix:///path</c>.
/// It never shows its password.
/// </summary>
internal sealed record RedisUrl
{
    private const int UsualPort = 6379;

    /// <summary>What stands in front of all keys where nothing is said.</summary>
    public const string UsualPrefix = "hydra:";

    private static readonly string[] Plain = ["redis", "valkey"];
    private static readonly string[] Secure = ["rediss", "valkeys"];
    private static readonly string[] Local = ["unix", "redis+unix", "valkey+unix"];

    /// <summary>Where it may be: that one is used which is no replica.</summary>
    public IReadOnlyList<RedisHost> Hosts { get; init; } = [];

    /// <summary>The path of its socket; null where it has addresses.</summary>
    public string? Path { get; init; }

    /// <summary>Whether it is spoken to over TLS.</summary>
    public bool IsSecure { get; init; }

    /// <summary>A file with certificates that sign its own, in PEM; null for those that the system has.</summary>
    public string? Authorities { get; init; }

    /// <summary>Who asks; null for the usual user.</summary>
    public string? User { get; init; }

    /// <summary>Its password; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>The number of the database, 0 and more.</summary>
    public int Database { get; init; }

    /// <summary>What stands in front of all keys.</summary>
    public string Prefix { get; init; } = UsualPrefix;

    /// <summary>How long a call may take: 0.1 to 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads one. What is wrong with it never has any of it in it: it may be a password.</summary>
    /// <returns>Null, or what is wrong: a sentence.</returns>
    public static string? Read(string text, out RedisUrl? url)
    {
        url = null;
        int at = text.IndexOf("://", StringComparison.Ordinal);
        string scheme = at < 0 ? "" : text[..at].ToLowerInvariant();
        bool isLocal = Local.Contains(scheme);
        if (!isLocal && !Plain.Contains(scheme) && !Secure.Contains(scheme))
        {
            return "it is memory, or a URL that begins with redis://, rediss:// or unix://.";
        }

        string rest = text[(at + 3)..];
        if (rest.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)) || rest.Contains('#', StringComparison.Ordinal))
        {
            return "the URL has a space, a control character or a # in it: write %20, %23.";
        }

        int mark = rest.IndexOf('?', StringComparison.Ordinal);
        string query = mark < 0 ? "" : rest[(mark + 1)..];
        rest = mark < 0 ? rest : rest[..mark];
        var read = new RedisUrl { IsSecure = Secure.Contains(scheme) };
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        int sign = rest.LastIndexOf('@');
        if (sign > slash && slash >= 0 && !isLocal)
        {
            return "the URL has an @ behind its first /: in a user or a password write %2F for / and %40 for @.";
        }

        sign = slash < 0 ? sign : rest.LastIndexOf('@', slash);
        if (sign >= 0)
        {
            read = read.WithUser(rest[..sign]);
            rest = rest[(sign + 1)..];
            slash = rest.IndexOf('/', StringComparison.Ordinal);
        }

        string? problem = isLocal ? read.ReadPath(rest, out read) : read.ReadHosts(slash < 0 ? rest : rest[..slash], slash < 0 ? "" : rest[(slash + 1)..], out read);
        problem ??= read.ReadQuery(query, out read);
        url = problem is null ? read : null;
        return problem;
    }

    /// <summary>What a text has in front of an @ in a URL is not shown.</summary>
    public static string Mask(string text)
    {
        int from = 0;
        while (text.IndexOf("://", from, StringComparison.Ordinal) is >= 0 and var at)
        {
            int end = text.IndexOfAny(['?', '"', ' '], at + 3);
            int sign = text.LastIndexOf('@', (end < 0 ? text.Length : end) - 1);
            from = at + 3;
            if (sign > from)
            {
                int colon = text.IndexOf(':', from, sign - from);
                text = colon < 0 ? text : text[..(colon + 1)] + SecretNames.Mask + text[sign..];
            }
        }

        return text;
    }

    /// <summary>Where it is, without who asks.</summary>
    public override string ToString()
        => Path is not null ? $"unix://{Path}" : $"{(IsSecure ? "rediss" : "redis")}://{string.Join(',', Hosts)}/{Database.ToString(CultureInfo.InvariantCulture)}";

    private RedisUrl WithUser(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string user = Uri.UnescapeDataString(colon < 0 ? text : text[..colon]);
        string? password = colon < 0 ? null : Uri.UnescapeDataString(text[(colon + 1)..]);
        return this with { User = user.Length > 0 ? user : null, Password = password is { Length: > 0 } ? password : null };
    }

    private string? ReadPath(string text, out RedisUrl after)
    {
        after = this with { Path = Uri.UnescapeDataString(text) };
        return text.Length > 1 && text[0] == '/' ? null : "a URL of a socket has its whole path: unix:///run/redis/redis.sock.";
    }

    private string? ReadHosts(string text, string database, out RedisUrl after)
    {
        after = this;
        List<RedisHost> hosts = [];
        foreach (string one in text.Split(','))
        {
            if (ReadHost(one) is not { } host)
            {
                return "each host of the URL is a name or an address, with a port from 1 to 65535 or without one: redis://cache:6379/0.";
            }

            hosts.Add(host);
        }

        after = this with { Hosts = hosts };
        return database.Length == 0 ? null : after.ReadDatabase(database, out after);
    }

    private string? ReadDatabase(string text, out RedisUrl after)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        after = this with { Database = number };
        return isNumber ? null : "the database of the URL is a number, 0 and more: redis://cache:6379/0.";
    }

    private string? ReadQuery(string text, out RedisUrl after)
    {
        after = this;
        foreach (string pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string value = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
            string? problem = after.ReadParameter(equals < 0 ? pair : pair[..equals], value, out after);
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private string? ReadParameter(string name, string value, out RedisUrl after)
    {
        after = this;
        switch (name)
        {
            case "db":
                return ReadDatabase(value, out after);
            case "prefix" when value.Length is > 0 and <= 200:
                after = this with { Prefix = value };
                return null;
            case "prefix":
                return "the prefix of the URL has 1 to 200 characters.";
            case "ca" when IsSecure && value.Length > 0:
                after = this with { Authorities = value };
                return null;
            case "ca":
                return "ca is the path of a file, and for rediss:// alone.";
            case "timeout" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0.1 and <= 60:
                after = this with { Timeout = TimeSpan.FromSeconds(seconds) };
                return null;
            case "timeout":
                return "the timeout of the URL is a number of seconds from 0.1 to 60.";
            default:
                return "what may stand behind the ? of the URL is prefix, timeout, db and ca.";
        }
    }

    private static RedisHost? ReadHost(string text)
    {
        int colon = text.StartsWith('[') ? text.IndexOf("]:", StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        string name = colon > 0 ? text[..colon] : text;
        int port = UsualPort;
        if (colon > 0 && (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
        {
            return null;
        }

        if (name.StartsWith('['))
        {
            return name.EndsWith(']') && IPAddress.TryParse(name[1..^1], out _) ? new RedisHost(name[1..^1], port) : null;
        }

        return Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 ? new RedisHost(name, port) : null;
    }
}
