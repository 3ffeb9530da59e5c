using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Hydra.Dispatch;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>What a client asks for with a WebSocket's opening handshake (RFC 6455, section 4).</summary>
internal static class WebSocketHandshake
{
    // 16 bytes in base64.
    private const int KeyLength = 24;

    // Section 1.3.
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>
    /// Whether a request asks for a WebSocket. Without "upgrade" in Connection the field is for nobody here (RFC 9110, section 7.8), and with
    /// another method than GET or in HTTP/1.0 it means nothing: the request is one like any other. HTTP/2 asks by a method of its own (RFC 8441).
    /// </summary>
    public static bool IsAskedFor(HttpRequest request)
        => (request.Headers.Upgrade.Count > 0
            && FieldList.Contains(request.Headers.Upgrade, "websocket") && FieldList.Contains(request.Headers.Connection, "upgrade")
            && RequestMethod.IsGet(request.Method) && !HttpProtocol.IsHttp10(request.Protocol)
            && request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
            || (RequestMethod.IsConnect(request.Method) && IsStream(request.HttpContext));

    /// <summary>Whether the session is to be a stream of a connection that carries others too (RFC 8441, section 4).</summary>
    public static bool IsStream(HttpContext http)
        => http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
            && string.Equals(connect.Protocol, "websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the handshake is complete, and of the version that is spoken here.</summary>
    public static Failure Check(HttpRequest request)
    {
        IHeaderDictionary headers = request.Headers;
        return headers.SecWebSocketVersion.Count != 1 || headers.SecWebSocketVersion[0] != "13" ? Failure.OtherWebSocket
            : RequestMethod.IsConnect(request.Method) ? Failure.None
            : headers.SecWebSocketKey.Count == 1 && headers.SecWebSocketKey[0] is { Length: KeyLength } key && Base64.IsValid(key) ? Failure.None
            : Failure.BadHandshake;
    }

    /// <summary>
    /// Puts the answer to a handshake into the response's head (section 4.2.2). That of a stream is 200, and has nothing to prove (RFC 8441, section 5).
    /// </summary>
    /// <param name="http">The request, whose handshake is complete.</param>
    /// <param name="subprotocol">The one that is chosen; null for none.</param>
    /// <param name="deflates">Whether compression is agreed upon where the client offers it.</param>
    /// <returns>Whether it is.</returns>
    public static bool Answer(HttpContext http, string? subprotocol, bool deflates)
    {
        IHeaderDictionary headers = http.Response.Headers;
        if (!RequestMethod.IsConnect(http.Request.Method))
        {
            headers.Upgrade = "websocket";
            headers.SecWebSocketAccept = AcceptOf(http.Request.Headers.SecWebSocketKey.ToString());
        }

        if (subprotocol is not null)
        {
            headers.SecWebSocketProtocol = subprotocol;
        }

        string? extension = deflates ? DeflateOffer.Choose(http.Request.Headers.SecWebSocketExtensions) : null;
        if (extension is not null)
        {
            headers.SecWebSocketExtensions = extension;
        }

        return extension is not null;
    }

    /// <summary>What proves that a key was read.</summary>
    public static string AcceptOf(string key)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // The protocol's: nothing is secret here.
        SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid), hash);
#pragma warning restore CA5350
        return Convert.ToBase64String(hash);
    }
}
