using System.Buffers;
using System.Text;

namespace Hydra.Http;

/// <summary>
/// The request target that a uwsgi packet means. PATH_INFO says where the request goes, decoded and as the proxy has rewritten it; REQUEST_URI what
/// the client has sent, which is taken where it means the same, so that escapes stay as they were.
/// </summary>
/// <param name="Path">The path below the application's, escaped, with the query.</param>
/// <param name="Script">The path below which the application is shown, without a slash at its end: empty for none.</param>
internal readonly record struct UwsgiTarget(string Path, string Script)
{
    // RFC 3986, section 3.3. A percent sign of a decoded path is escaped.
    private static readonly SearchValues<byte> PathBytes = SearchValues.Create(
        "/-._~!$&'()*+,;=:@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Puts it together.</summary>
    /// <param name="variables">The packet's variables.</param>
    /// <param name="isWhole">Whether PATH_INFO has SCRIPT_NAME in front of it, whatever it looks like.</param>
    /// <param name="target">The target.</param>
    /// <returns>Null, or what is wrong: the rest of a sentence that begins with "its uwsgi packet".</returns>
    public static string? Read(UwsgiVariables variables, bool isWhole, out UwsgiTarget target)
    {
        target = default;
        string uri = variables.Text("REQUEST_URI");
        int mark = uri.IndexOf('?', StringComparison.Ordinal);
        string raw = mark < 0 ? uri : uri[..mark];
        byte[] script = variables.Find("SCRIPT_NAME") ?? [];
        script = script.AsSpan().TrimEnd((byte)'/').ToArray();
        if (script.Length > 0 && ForwardedClaims.ReadPrefix(Encoding.Latin1.GetString(script)) is null)
        {
            return "has a SCRIPT_NAME that is no path";
        }

        string? path = variables.Find("PATH_INFO") is { } info ? PathOf(info, script, raw, isWhole) : PathOf(raw, script);
        if (path is null && raw == "*" && variables.Text("REQUEST_METHOD") == "OPTIONS")
        {
            path = "*";
        }

        if (path is null)
        {
            return "has neither a PATH_INFO nor a REQUEST_URI that is a path";
        }

        string query = variables.Find("QUERY_STRING") is null ? (mark < 0 ? "" : uri[(mark + 1)..]) : variables.Text("QUERY_STRING");
        bool hasMark = query.Length > 0 || mark == uri.Length - 1 && mark >= 0;
        target = new UwsgiTarget(hasMark ? $"{path}?{query.Replace(" ", "%20", StringComparison.Ordinal)}" : path, Encoding.ASCII.GetString(script));
        return null;
    }

    // Where nobody says how the proxy has understood the target, it is taken as it came.
    private static string? PathOf(string raw, byte[] script)
    {
        if (!IsPath(raw))
        {
            return null;
        }

        int cut = EndOf(raw, script);
        return cut < 0 || (cut < raw.Length && raw[cut] != '/') ? raw : cut == raw.Length ? "/" : raw[cut..];
    }

    private static string? PathOf(byte[] info, byte[] script, string raw, bool isWhole)
    {
        if (info.Length > 0 && info[0] != '/')
        {
            return null;
        }

        byte[] inner = info;
        bool begins = script.Length > 0 && info.AsSpan().StartsWith(script) && (info.Length == script.Length || info[script.Length] == '/');

        // nginx's stock file has the whole path there, and CGI what comes behind SCRIPT_NAME. A path that begins with it is only then not the whole
        // one when the client has sent it twice.
        if (begins && (isWhole || !IsPath(raw) || EndOf(raw, [.. script, .. info]) != raw.Length))
        {
            inner = info[script.Length..];
        }

        if (IsPath(raw))
        {
            int cut = EndOf(raw, script);
            int end = EndOf(raw, [.. script, .. inner]);
            if (cut >= 0 && end == raw.Length && (cut == end || raw[cut] == '/'))
            {
                return cut == end ? "/" : raw[cut..];
            }

            if (EndOf(raw, inner) == raw.Length)
            {
                return raw;
            }
        }

        return Escape(inner);
    }

    private static bool IsPath(string raw) => raw.Length > 0 && raw[0] == '/' && !raw.AsSpan().ContainsAny(' ', '\t', '#');

    // Where the path stops to mean these bytes: the number of its characters that do, or -1 where it does not begin so.
    private static int EndOf(string raw, ReadOnlySpan<byte> decoded)
    {
        int at = 0;
        foreach (byte one in decoded)
        {
            if (at == raw.Length)
            {
                return -1;
            }

            if (raw[at] == '%' && at + 2 < raw.Length && char.IsAsciiHexDigit(raw[at + 1]) && char.IsAsciiHexDigit(raw[at + 2]))
            {
                if (Convert.FromHexString(raw.AsSpan(at + 1, 2))[0] != one)
                {
                    return -1;
                }

                at += 3;
            }
            else if (raw[at++] != one)
            {
                return -1;
            }
        }

        return at;
    }

    private static string Escape(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
        {
            return "/";
        }

        var text = new StringBuilder(path.Length);
        foreach (byte one in path)
        {
            _ = PathBytes.Contains(one) ? text.Append((char)one) : text.Append('%').Append(one.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}
