using System.Net;
using System.Text;
using Hydra.Primitives;
using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>Finds the keys of requests (--affinity). Any thread.</summary>
/// <param name="source">Where they are; null where there are none.</param>
/// <param name="cookie">Makes the cookie that has them; null where the application makes it.</param>
internal sealed class AffinityKeys(AffinitySource? source, AffinityCookie? cookie = null)
{
    /// <summary>For what has no keys, and may not pass on what looks like one.</summary>
    public static AffinityKeys None { get; } = new(null);

    /// <summary>The key of a request; <see cref="AffinityKey.None"/> where it has none.</summary>
    public AffinityKey Read(RequestContext context) => source is null ? AffinityKey.None : source.Kind switch
    {
        AffinityKind.Cookie when cookie is not null => new AffinityKey(cookie.ReadOrMake(context)),
        AffinityKind.Cookie => Of(CookieOf(context.Http.Request, source.Name)),
        AffinityKind.Header => Of(context.Http.Request.Headers[source.Name].ToString().Trim(' ', '\t')),
        AffinityKind.Client => Of(ClientOf(context.Facts.ClientHost)),
        AffinityKind.Path => Of(SegmentsOf(PoolRoute.PathOf(context), source.First, source.Last)),
        _ => Of(ValueOf(QueryOf(PoolRoute.TargetOf(context)), source.Name)),
    };

    /// <summary>All values of a cookie that a request has, in their order.</summary>
    public static IEnumerable<string> CookiesOf(HttpRequest request, string name)
    {
        StringValues lines = request.Headers.Cookie;
        for (int i = 0; i < lines.Count; i++)
        {
            foreach (string pair in (lines[i] ?? "").Split(';'))
            {
                int equals = pair.IndexOf('=', StringComparison.Ordinal);
                if (equals >= 0 && pair.AsSpan(0, equals).Trim().SequenceEqual(name))
                {
                    yield return pair[(equals + 1)..].Trim();
                }
            }
        }
    }

    /// <summary>Who a client is: its address, of IPv6 the network of 64 bits (<see cref="PeerNetwork"/>); empty where nobody knows.</summary>
    public static string ClientOf(string host)
        => host.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(host, out IPAddress? address)
            ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString() : NetworkOf(address)
            : host;

    /// <summary>Segments of a path with a slash between them, in one spelling; empty ones do not count. Empty where the path has fewer.</summary>
    /// <param name="path">The path as it came.</param>
    /// <param name="first">The first one, from 1.</param>
    /// <param name="last">The last one.</param>
    public static byte[] SegmentsOf(ReadOnlySpan<byte> path, int first, int last)
    {
        var key = new List<byte>();
        int number = 0;
        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> segment = path[range];
            number += segment.IsEmpty ? 0 : 1;
            if (!segment.IsEmpty && number >= first && number <= last)
            {
                if (key.Count > 0)
                {
                    key.Add((byte)'/');
                }

                AppendPlain(key, segment, isQuery: false);
            }
        }

        return number < last ? [] : [.. key];
    }

    /// <summary>The first value of this name in a query, in one spelling; empty where there is none.</summary>
    /// <param name="query">The query as it came, without its question mark.</param>
    /// <param name="name">The name, decoded.</param>
    public static byte[] ValueOf(ReadOnlySpan<byte> query, string name)
    {
        byte[] wanted = Plain(Encoding.UTF8.GetBytes(Uri.EscapeDataString(name)));
        foreach (Range range in query.Split((byte)'&'))
        {
            ReadOnlySpan<byte> pair = query[range];
            int equals = pair.IndexOf((byte)'=');
            if (equals > 0 && Plain(pair[..equals]).AsSpan().SequenceEqual(wanted))
            {
                return Plain(pair[(equals + 1)..]);
            }
        }

        return [];
    }

    private static AffinityKey Of(string? text) => string.IsNullOrEmpty(text) ? AffinityKey.None : new AffinityKey(Encoding.Latin1.GetBytes(text));

    private static AffinityKey Of(byte[] text) => text.Length == 0 ? AffinityKey.None : new AffinityKey(text);

    private static string? CookieOf(HttpRequest request, string name) => CookiesOf(request, name).FirstOrDefault(static value => value.Length > 0);

    private static string NetworkOf(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes) + "/64";
    }

    private static ReadOnlySpan<byte> QueryOf(ReadOnlySpan<byte> target) => target[RequestTarget.Split(target).QueryStart..];

    private static byte[] Plain(ReadOnlySpan<byte> text)
    {
        var plain = new List<byte>(text.Length);
        AppendPlain(plain, text, isQuery: true);
        return [.. plain];
    }

    // What is encoded without need counts as what it stands for, so that no other spelling is another key; what a field may not have, and the percent sign, is encoded.
    private static void AppendPlain(List<byte> plain, ReadOnlySpan<byte> text, bool isQuery)
    {
        for (int i = 0; i < text.Length; i++)
        {
            byte value = text[i];
            if (value == '%' && i + 2 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]) && char.IsAsciiHexDigit((char)text[i + 2]))
            {
                value = (byte)((Uri.FromHex((char)text[i + 1]) << 4) | Uri.FromHex((char)text[i + 2]));
                i += 2;
            }
            else if (isQuery && value == '+')
            {
                value = (byte)' ';
            }

            if (value is > (byte)' ' and < 0x7f and not (byte)'%' and not (byte)'/')
            {
                plain.Add(value);
            }
            else
            {
                plain.AddRange([(byte)'%', Digit(value >> 4), Digit(value & 0xf)]);
            }
        }
    }

    private static byte Digit(int value) => (byte)"0123456789ABCDEF"[value];
}
