using System.Globalization;
using System.Text;

namespace Hydra.Primitives;

/// <summary>Where an application is mounted: at hosts of a name, below a path, or both. Immutable.</summary>
internal sealed class MountPlace : IEquatable<MountPlace>
{
    private readonly byte[] _path;

    // ".example.org" of "*.example.org".
    private readonly string? _suffix;

    private MountPlace(string host, string path)
    {
        Host = host;
        Path = path;
        _path = Encoding.UTF8.GetBytes(path);
        _suffix = host.StartsWith('*') ? host[1..] : null;
    }

    /// <summary>Everywhere.</summary>
    public static MountPlace Everywhere { get; } = new("", "");

    /// <summary>The host's name in lower case, "*." in front of all below a name, or empty for all hosts.</summary>
    public string Host { get; }

    /// <summary>The path, decoded: empty, or with a slash in front and none behind.</summary>
    public string Path { get; }

    /// <summary>
    /// The order in which places are asked whether they take a request: a host of its own comes before one of many and that before all,
    /// the longer name or path before the shorter.
    /// </summary>
    public static IComparer<MountPlace> Order { get; } = Comparer<MountPlace>.Create(static (a, b) =>
    {
        int byKind = b.Rank.CompareTo(a.Rank);
        int byHost = byKind != 0 ? byKind : a._suffix is null ? 0 : b.Host.Length.CompareTo(a.Host.Length);
        return byHost != 0 ? byHost : b._path.Length.CompareTo(a._path.Length);
    });

    private int Rank => Host.Length == 0 ? 0 : _suffix is not null ? 1 : 2;

    /// <summary>A place whose parts are known to be right.</summary>
    /// <param name="host">See <see cref="Host"/>.</param>
    /// <param name="path">See <see cref="Path"/>.</param>
    public static MountPlace At(string host, string path) => new(host, path);

    /// <summary>Reads a place as users write it: /path, host or host/path.</summary>
    /// <returns>Null, or what is wrong with it: the rest of a sentence.</returns>
    public static string? Read(string text, out MountPlace place)
    {
        place = Everywhere;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string host = slash < 0 ? text : text[..slash];
        string path = slash < 0 ? "" : Uri.UnescapeDataString(text[slash..]).TrimEnd('/');
        if (text.Length == 0)
        {
            return "it names no place; write /path, a host, or host/path.";
        }

        if (ReadHost(host, out host) is { } problem)
        {
            return problem;
        }

        // As %2A it is a letter like any other.
        if (slash >= 0 && text.IndexOf('*', slash) is > 0 and var star)
        {
            string whole = text[..star];
            whole = whole[..Math.Max(whole.LastIndexOf('/'), slash + (slash == 0 ? 1 : 0))];
            return $"\"{text}\" has a *, which stands for nothing in a path here: write {whole}, which takes all that is below it, too.";
        }

        if (ControlText.IndexOfDangerous(path) >= 0 || path.AsSpan().ContainsAny("?#") || path.Split('/')[1..].Any(static part => part is "" or "." or ".."))
        {
            return $"\"{path}\" is not a path that requests can have.";
        }

        place = new MountPlace(host, path);
        return null;
    }

    /// <summary>Whether it takes requests for a host.</summary>
    /// <param name="host">The host without its port.</param>
    public bool TakesHost(ReadOnlySpan<char> host)
    {
        host = host.TrimEnd('.');
        return _suffix is not null
            ? host.Length > _suffix.Length && host.EndsWith(_suffix, StringComparison.OrdinalIgnoreCase)
            : Host.Length == 0 || host.Equals(Host, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Whether a path is the mount's own or below it. What is encoded in it counts as what it stands for, as for the application; nothing else is
    /// made of it: dots are no steps.
    /// </summary>
    /// <param name="path">The path as the client sent it.</param>
    public bool TakesPath(ReadOnlySpan<byte> path)
    {
        foreach (byte wanted in _path)
        {
            if (path.IsEmpty || Next(ref path) != wanted)
            {
                return false;
            }
        }

        return path.IsEmpty || _path.Length == 0 || Next(ref path) == '/';
    }

    /// <inheritdoc/>
    public bool Equals(MountPlace? other) => other is not null && Host == other.Host && Path == other.Path;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MountPlace);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Host, Path);

    /// <summary>As users write it.</summary>
    public override string ToString() => Host.Length > 0 ? Host + Path : Path.Length > 0 ? Path : "/";

    private static string? ReadHost(string text, out string host)
    {
        host = "";
        if (text.Length == 0)
        {
            return null;
        }

        bool isMany = text.StartsWith("*.", StringComparison.Ordinal);
        string name = (isMany ? text[2..] : text).TrimEnd('.');
        if (Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 || (!isMany && name.StartsWith('[') && Uri.CheckHostName(name) is UriHostNameType.IPv6))
        {
            host = (isMany ? "*." : "") + Ascii(name);
            return null;
        }

        int colon = name.LastIndexOf(':');
        return colon > 0 && int.TryParse(name.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _) && !name.EndsWith(']')
            ? $"\"{text}\" has a port: a mount is at a host's name, whatever port the server listens at."
            : $"\"{text}\" is not the name of a host, such as example.org or *.example.org; a path begins with a slash.";
    }

    // Clients send names of other letters in this form (RFC 5891).
    private static string Ascii(string name)
    {
        try
        {
            return new IdnMapping().GetAscii(name).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return name.ToLowerInvariant();
        }
    }

    private static byte Next(ref ReadOnlySpan<byte> path)
    {
        bool isEncoded = path.Length > 2 && path[0] == '%' && Uri.IsHexDigit((char)path[1]) && Uri.IsHexDigit((char)path[2]);
        byte value = isEncoded ? (byte)((Uri.FromHex((char)path[1]) << 4) | Uri.FromHex((char)path[2])) : path[0];
        path = path[(isEncoded ? 3 : 1)..];
        return value;
    }
}
