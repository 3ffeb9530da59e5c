using System.Net.Sockets;
using System.Runtime.Versioning;
using Hydra.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hydra.Hosting;

/// <summary>
/// Serves the control socket: a Kestrel of its own over the sockets of .NET, so that it answers whatever the event loops of clients do, and from
/// before the first worker is ready until the last has ended.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ControlServer : IAsyncDisposable
{
    // Who asks sends nothing but a head.
    private const int LongestHead = 8 * 1024;

    private readonly ControlSocket _socket;
    private readonly ControlEndpoint _endpoint;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private KestrelServer? _server;

    /// <summary>Describes it; nothing listens yet.</summary>
    /// <param name="path">The socket, absolute.</param>
    /// <param name="endpoint">What answers.</param>
    /// <param name="loggers">Where Kestrel logs.</param>
    public ControlServer(string path, ControlEndpoint endpoint, ILoggerFactory loggers)
    {
        _endpoint = endpoint;
        _loggers = loggers;
        _logger = loggers.CreateLogger("hydra");
        _socket = new ControlSocket(path, _logger);
    }

    /// <summary>Makes the socket and serves it.</summary>
    /// <param name="takesOver">Whether it takes the place of another server's.</param>
    /// <exception cref="StartException">The socket cannot be made.</exception>
    public async Task StartAsync(bool takesOver)
    {
        Socket socket = _socket.Open(takesOver);
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestHeadersTotalSize = LongestHead;
        options.ListenUnixSocket(_socket.Path, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => IsTrusted(connection) ? next(connection) : Task.CompletedTask);
        });
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions { CreateBoundListenSocket = _ => socket }), _loggers);
        _server = new KestrelServer(Options.Create(options), transport, _loggers);
        await _server.StartAsync(new Application(_endpoint), CancellationToken.None).ConfigureAwait(false);
        HostingLog.ControlListens(_logger, _socket.Path);
    }

    /// <summary>Accepts no more, and removes the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _socket.Remove();
            await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
            _server.Dispose();
        }
    }

    // The mode of the file keeps others out already, unless somebody has changed it.
    private bool IsTrusted(ConnectionContext connection)
    {
        uint? user = connection.Features.Get<IConnectionSocketFeature>() is { } feature ? PeerUser.Of(feature.Socket) : null;
        if (PeerUser.IsTrusted(user, LibC.GetEffectiveUser()))
        {
            return true;
        }

        HostingLog.ControlRefused(_logger, user is { } known ? $"user {known}" : "a user that the system does not name");
        connection.Abort();
        return false;
    }

    private sealed class Application(ControlEndpoint endpoint) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => endpoint.AnswerAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // It owns nothing.
        }
    }
}
