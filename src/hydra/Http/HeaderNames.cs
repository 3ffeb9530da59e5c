using System.Text;

namespace Hydra.Http;

/// <summary>Strings for the names of response headers: one shared string for each usual name, in its usual spelling.</summary>
internal static class HeaderNames
{
    public const string Connection = "Connection";
    public const string ContentLength = "Content-Length";
    public const string KeepAlive = "Keep-Alive";
    public const string ProxyConnection = "Proxy-Connection";
    public const string TransferEncoding = "Transfer-Encoding";
    public const string Upgrade = "Upgrade";

    // By length, then by comparison: a response has few headers and most of them stand here.
    private static readonly string[][] ByLength = Group(
    [
        Connection, ContentLength, KeepAlive, ProxyConnection, TransferEncoding, Upgrade,
        "Accept-Ranges", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Age", "Allow", "Alt-Svc",
        "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-Range",
        "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy", "Date", "ETag", "Expires", "Last-Modified", "Link",
        "Location", "Pragma", "Referrer-Policy", "Retry-After", "Server", "Set-Cookie", "Strict-Transport-Security", "Trailer", "Vary",
        "Via", "WWW-Authenticate", "X-Content-Type-Options", "X-Frame-Options", "X-Request-ID",
    ]);

    /// <summary>The shared string for a usual name, else a new string with the name as it was given.</summary>
    public static string Get(ReadOnlySpan<byte> name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (string known in ByLength[name.Length])
            {
                if (Ascii.EqualsIgnoreCase(name, known))
                {
                    return known;
                }
            }
        }

        return Encoding.Latin1.GetString(name);
    }

    private static string[][] Group(string[] names)
    {
        var groups = new string[names.Max(n => n.Length) + 1][];
        for (int length = 0; length < groups.Length; length++)
        {
            groups[length] = [.. names.Where(n => n.Length == length)];
        }

        return groups;
    }
}
