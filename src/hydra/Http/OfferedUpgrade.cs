using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>
/// The offer to go on in HTTP/2 (Upgrade: h2c), which RFC 9113 has taken back and nobody takes here. Its fields are the connection's (RFC 9110, section 7.6.1), and are
/// not passed on: an application that knows the offer could take it, and the client would hear HTTP/2 from a server that speaks HTTP/1.1 with it.
/// In HTTP/1.0 the same is so of any protocol (RFC 9110, section 7.8).
/// </summary>
internal static class OfferedUpgrade
{
    private const string Settings = "HTTP2-Settings";

    private static readonly byte[] SettingsName = [.. "http2-settings"u8];
    private static readonly byte[] UpgradeName = [.. "upgrade"u8];

    /// <summary>Leaves the fields out of what the worker is told. Costs nothing where there are none.</summary>
    /// <param name="context">The request.</param>
    /// <param name="exchange">What it is to become.</param>
    public static void PassOver(RequestContext context, HttpExchange exchange)
    {
        IHeaderDictionary headers = context.Http.Request.Headers;
        StringValues upgrade = headers.Upgrade;
        if (upgrade.Count == 0 && headers.Connection.Count == 0)
        {
            return;
        }

        if (headers.ContainsKey(Settings))
        {
            context.Facts = context.Facts.With(HeaderEdits.Without(context.Facts.Headers, [SettingsName]));
        }

        if (exchange is not WebSocketExchange && upgrade.Count > 0
            && (FieldList.Contains(upgrade, "h2c") || HttpProtocol.IsHttp10(context.Http.Request.Protocol)))
        {
            context.Facts = context.Facts.With(HeaderEdits.Without(context.Facts.Headers, [UpgradeName]));
        }
    }
}
