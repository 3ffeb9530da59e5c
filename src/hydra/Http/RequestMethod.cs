namespace Hydra.Http;

/// <summary>Tells methods apart as they are written: they are case-sensitive (RFC 9110, section 9.1), and what <c>get</c> means is its application's to say.</summary>
internal static class RequestMethod
{
    /// <summary>GET.</summary>
    public static bool IsGet(string method) => method == "GET";

    /// <summary>HEAD.</summary>
    public static bool IsHead(string method) => method == "HEAD";

    /// <summary>CONNECT: a tunnel, or in HTTP/2 another protocol.</summary>
    public static bool IsConnect(string method) => method == "CONNECT";

    /// <summary>Whether a method is safe (section 9.2.1): of those that are known, all that change nothing. A method that is not known may change something.</summary>
    public static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE";
}
