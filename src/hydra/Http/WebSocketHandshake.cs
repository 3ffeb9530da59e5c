using System.Buffers.Text;
using Hydra.Dispatch;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>What a client asks for with a WebSocket's opening handshake (RFC 6455, section 4).</summary>
internal static class WebSocketHandshake
{
    // 16 bytes in base64.
    private const int KeyLength = 24;

    /// <summary>
    /// Whether a request asks for a WebSocket. Without "upgrade" in Connection the field is for nobody here (RFC 9110, section 7.8), and with
    /// another method than GET or in HTTP/1.0 it means nothing: the request is one like any other.
    /// </summary>
    public static bool IsAskedFor(HttpRequest request)
        => request.Headers.Upgrade.Count > 0
            && FieldList.Contains(request.Headers.Upgrade, "websocket") && FieldList.Contains(request.Headers.Connection, "upgrade")
            && HttpMethods.IsGet(request.Method) && request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    /// <summary>Whether the handshake is complete, and of the version that is spoken here.</summary>
    public static Failure Check(HttpRequest request)
    {
        IHeaderDictionary headers = request.Headers;
        return headers.SecWebSocketVersion.Count != 1 || headers.SecWebSocketVersion[0] != "13" ? Failure.OtherWebSocket
            : headers.SecWebSocketKey.Count == 1 && headers.SecWebSocketKey[0] is { Length: KeyLength } key && Base64.IsValid(key) ? Failure.None
            : Failure.BadHandshake;
    }
}
