using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hydra.Http;

/// <summary>
/// Runs accepted sessions: answers the handshake, then messages go both ways until one side closes. Handshake, framing, masks, UTF-8 and
/// compression are .NET's.
/// </summary>
/// <param name="options">What holds for them.</param>
internal sealed class WebSocketSession(SessionBounds options)
{
    // Of the window of the compressor, for each client that has asked for compression: the messages of most fit in 4 KiB.
    private const int WindowBits = 12;

    private static readonly WebSocketMiddleware Middleware = new(
        static _ => Task.CompletedTask, Microsoft.Extensions.Options.Options.Create(new WebSocketOptions()), NullLoggerFactory.Instance);

    /// <summary>What holds for them.</summary>
    public SessionBounds Options => options;

    /// <summary>Runs a session to its end. Its connection serves nothing after that.</summary>
    public async Task RunAsync(RequestContext context, WebSocketExchange exchange)
    {
        HttpContext http = context.Http;
        var upgrade = new DirectUpgrade(http.Features.GetRequiredFeature<IHttpUpgradeFeature>(), context.Connection);
        WebSocket? socket = null;
        using var closing = new Timer(static state => ((HttpContext)state!).Abort(), http, Timeout.Infinite, Timeout.Infinite);
        try
        {
            context.Connection.OnUpgraded();
            socket = await AcceptAsync(http, upgrade, exchange.Subprotocol).ConfigureAwait(false);
            exchange.ReleaseRequest();
            bool deflates = http.Response.Headers.SecWebSocketExtensions.Count > 0;
            exchange.Output.Attach(socket, deflates ? null : upgrade.Stream, () => Start(closing));
            ushort code = await exchange.Input.RunAsync(socket).ConfigureAwait(false);
            exchange.OnClientClosed(code, socket.CloseStatusDescription);
            exchange.Output.Stop();
            await AnswerAsync(socket, code, closing).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // What .NET has found wrong it has told the client; else there was nobody to tell.
            exchange.OnClientClosed(upgrade.Stream?.Code ?? 1006, null);
        }
        finally
        {
            exchange.Output.Stop();
            socket?.Dispose();
            if (upgrade.Stream?.Code is not null)
            {
                // The client is to see it, whatever it still sends.
                context.Connection.AbortInOrder();
            }
        }
    }

    private async Task<WebSocket> AcceptAsync(HttpContext http, DirectUpgrade upgrade, string? subprotocol)
    {
        var features = new FeatureCollection(http.Features);
        features.Set<IHttpUpgradeFeature>(upgrade);
        features.Set<IHttpRequestLifetimeFeature>(upgrade);
        var context = new DefaultHttpContext(features);
        await Middleware.Invoke(context).ConfigureAwait(false);
        return await features.GetRequiredFeature<IHttpWebSocketFeature>().AcceptAsync(ContextOf(subprotocol)).ConfigureAwait(false);
    }

    private WebSocketAcceptContext ContextOf(string? subprotocol) => new()
    {
        SubProtocol = subprotocol,
        KeepAliveInterval = options.PingInterval > TimeSpan.Zero ? options.PingInterval : Timeout.InfiniteTimeSpan,
        KeepAliveTimeout = options.PingTimeout > TimeSpan.Zero ? options.PingTimeout : Timeout.InfiniteTimeSpan,
        DangerousEnableCompression = options.Deflates,
        ServerMaxWindowBits = WindowBits,
    };

    private void Start(Timer closing)
    {
        try
        {
            closing.Change(options.CloseTimeout, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The client has answered meanwhile.
        }
    }

    // The client has closed, and gets its own code back (RFC 6455, section 5.5.1); or it has gone beyond a bound.
    private async Task AnswerAsync(WebSocket socket, ushort code, Timer closing)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
        {
            return;
        }

        Start(closing);
        await socket.CloseOutputAsync(SessionOutput.CodeOf(code), socket.CloseStatusDescription, CancellationToken.None).ConfigureAwait(false);
    }

    // Has the socket on the connection's own bytes. A socket that is disposed of would abort the connection, and with it its last frame.
    private sealed class DirectUpgrade(IHttpUpgradeFeature inner, ClientConnection connection) : IHttpUpgradeFeature, IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public ClosingStream? Stream { get; private set; }

        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync()
        {
            await inner.UpgradeAsync().ConfigureAwait(false);
            return Stream = new ClosingStream(connection.Transport);
        }

        public void Abort()
        {
        }
    }
}
