using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hydra.Primitives;

/// <summary>Which peers are meant: addresses, networks, all, or those that come by a Unix socket. Immutable.</summary>
internal sealed class PeerList : IEquatable<PeerList>
{
    private readonly bool _hasAll;
    private readonly bool _hasUnix;
    private readonly IPAddress[] _addresses;
    private readonly IPNetwork[] _networks;

    private PeerList(string text, bool hasAll, bool hasUnix, IPAddress[] addresses, IPNetwork[] networks)
    {
        Text = text;
        _hasAll = hasAll;
        _hasUnix = hasUnix || hasAll;
        _addresses = addresses;
        _networks = networks;
    }

    /// <summary>This machine: what gunicorn and uvicorn trust, and Unix sockets.</summary>
    public static PeerList Local { get; } = new("127.0.0.1,::1,unix", false, true, [IPAddress.Loopback, IPAddress.IPv6Loopback], []);

    /// <summary>As it was written, with a comma between the parts.</summary>
    public string Text { get; }

    /// <summary>Whether those are meant that come by a Unix socket.</summary>
    public bool HasUnix => _hasUnix;

    /// <summary>Reads a list with commas or spaces between its parts.</summary>
    /// <returns>Null, or what is wrong with it: the rest of a sentence.</returns>
    public static string? Read(string text, out PeerList list)
    {
        list = Local;
        bool hasAll = false, hasUnix = false;
        List<IPAddress> addresses = [];
        List<IPNetwork> networks = [];
        string[] parts = text.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        foreach (string part in parts)
        {
            if (part == "*")
            {
                hasAll = true;
            }
            else if (part is "unix" or "unix:" || part[0] == '/')
            {
                // uvicorn has the socket's path.
                hasUnix = true;
            }
            else if (AddressText.TryRead(part.AsSpan().Trim("[]"), out IPAddress address))
            {
                addresses.Add(address);
            }
            else if (ReadNetwork(part, networks) is { } problem)
            {
                return problem;
            }
        }

        list = new PeerList(string.Join(',', parts), hasAll, hasUnix, [.. addresses], [.. networks]);
        return null;
    }

    /// <summary>Whether this address is meant.</summary>
    public bool Contains(IPAddress address)
    {
        if (_hasAll)
        {
            return true;
        }

        foreach (IPAddress one in _addresses)
        {
            if (one.Equals(address))
            {
                return true;
            }
        }

        foreach (IPNetwork network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the client of a connection is meant.</summary>
    /// <param name="peer">Its address.</param>
    /// <param name="local">The server's: where that is a Unix socket the client's is one, or none.</param>
    public bool Contains(EndPoint? peer, EndPoint? local) => peer is IPEndPoint ip
        ? Contains(AddressText.Unmapped(ip.Address))
        : (local ?? peer) is UnixDomainSocketEndPoint ? _hasUnix : _hasAll;

    /// <inheritdoc/>
    public bool Equals(PeerList? other) => other is not null && other.Text == Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerList);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static string? ReadNetwork(string text, List<IPNetwork> networks)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !AddressText.TryRead(text.AsSpan(0, slash).Trim("[]"), out IPAddress address)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
            || bits > (address.AddressFamily is AddressFamily.InterNetwork ? 32 : 128))
        {
            return $"\"{text}\" is neither an address, a network such as 10.0.0.0/8, * nor unix.";
        }

        byte[] bytes = address.GetAddressBytes();
        for (int bit = bits; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        var first = new IPAddress(bytes);
        if (!first.Equals(address))
        {
            return $"\"{text}\" is no network: its address goes on behind the first {bits} bits. {first}/{bits} is the network, {address} the address.";
        }

        networks.Add(new IPNetwork(first, bits));
        return null;
    }
}
