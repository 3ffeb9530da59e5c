namespace Hydra.Http;

/// <summary>Tells clients that their connection ends.</summary>
internal static class ConnectionClose
{
    /// <summary>
    /// Has an answer say that its connection ends (RFC 9112, section 9.6). Only where that is the connection's: in HTTP/2 many share it, a stream that
    /// is not read is reset, and the field would break a rule (RFC 9113, section 8.2.2).
    /// </summary>
    /// <param name="context">The request; its response has not begun.</param>
    public static void Ask(HttpContext context)
    {
        if (!IsShared(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>Whether a connection has many requests at a time, so that Connection is no field of theirs (RFC 9113, section 8.2.2; RFC 9114, section 4.2).</summary>
    /// <param name="protocol">As Kestrel names it, such as HTTP/2.</param>
    public static bool IsShared(string protocol) => HttpProtocol.IsHttp2(protocol) || HttpProtocol.IsHttp3(protocol);
}
