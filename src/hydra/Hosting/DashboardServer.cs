using System.Net;
using System.Net.Sockets;
using Hydra.Configuration;
using Hydra.Dashboard;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hydra.Hosting;

/// <summary>
/// Serves the dashboard: a Kestrel of its own over the sockets of .NET, so that it answers whatever workers and the event loops of clients do. A server
/// that replaces this one gets its sockets.
/// </summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    // A page asks twice a second on at most six connections.
    private const int MostConnections = 128;
    private const int LongestHead = 16 * 1024;
    private const int Backlog = 64;
    private static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(10);

    private readonly BindAddress _address;
    private readonly IReadOnlyList<EndPoint> _endPoints;
    private readonly ListenSockets _sockets;
    private readonly DashboardAccess _access;
    private readonly DashboardEndpoint _endpoint;
    private readonly string? _madeToken;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly List<ListenSocket> _listeners = [];
    private KestrelServer? _server;

    private DashboardServer(BindAddress address, ListenSockets sockets, DashboardAccess access, DashboardEndpoint endpoint, string? madeToken, ILoggerFactory loggers)
    {
        _address = address;
        _endPoints = ListenAddresses.Resolve([address], sockets);
        _sockets = sockets;
        _access = access;
        _endpoint = endpoint;
        _madeToken = madeToken;
        _loggers = loggers;
        _logger = loggers.CreateLogger("hydra");
    }

    /// <summary>Describes it; nothing listens yet.</summary>
    /// <param name="options">What was asked for, with an address of a dashboard.</param>
    /// <param name="sockets">Where listening sockets come from.</param>
    /// <param name="read">What was after a sample.</param>
    /// <param name="control">What answers that which the control socket has as well.</param>
    /// <param name="loggers">Where Kestrel logs.</param>
    /// <exception cref="StartException">The token's file or a host name is not to be had.</exception>
    public static DashboardServer Create(ServerOptions options, ListenSockets sockets, Func<long, HistoryDocument> read, ControlEndpoint control, ILoggerFactory loggers)
    {
        string? given = GivenToken(options.Dashboard);
        string token = given ?? DashboardToken.Make();
        var access = new DashboardAccess(new DashboardToken(token), options.Dashboard.Hosts, new TokenGuesses(TimeProvider.System));
        return new DashboardServer(
            options.Addresses.Dashboard!, sockets, access, new DashboardEndpoint(access, read, control.AnswerAsync), given is null ? token : null, loggers);
    }

    /// <summary>The token that was given, from its file where it is in one.</summary>
    /// <returns>Null where one is to be made.</returns>
    /// <exception cref="StartException">The file cannot be read, or what it has will not do.</exception>
    public static string? GivenToken(DashboardOptions options)
    {
        if (options.Token is not ['@', .. var file])
        {
            return options.Token;
        }

        try
        {
            string token = File.ReadAllText(OddPath.Full(file)).Trim();
            return DashboardOptions.ProblemOf(token) is { } problem ? throw new StartException($"the file of --dashboard-token, {file}, cannot be used: {problem}") : token;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"the file of --dashboard-token, {file}, cannot be read: {e.Message}");
        }
    }

    /// <summary>Listens, and serves.</summary>
    /// <exception cref="StartException">The address cannot be bound.</exception>
    public async Task StartAsync()
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestHeadersTotalSize = LongestHead;
        options.Limits.MaxConcurrentConnections = MostConnections;
        options.Limits.RequestHeadersTimeout = HeadTime;
        foreach (EndPoint endPoint in _endPoints)
        {
            options.Listen(endPoint, static listen => listen.Protocols = HttpProtocols.Http1);
        }

        // A Unix socket is its user's alone, as the control socket is.
        var transportOptions = new TransportOptions { Backlog = Backlog, SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, Sockets = _sockets };
        var transport = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions { CreateBoundListenSocket = endPoint => Listen(endPoint, transportOptions) }), _loggers);
        _server = new KestrelServer(Options.Create(options), transport, _loggers);
        try
        {
            await _server.StartAsync(new Application(_endpoint), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or AddressInUseException)
        {
            throw new StartException(BindFailure.Describe([_address], e));
        }

        _access.IsLocal = _listeners.All(static listener => IsLocal(listener.EndPoint));
        string url = UrlOf(_listeners[0].EndPoint);
        HostingLog.DashboardListens(_logger, _madeToken is null || _listeners[0].EndPoint is not IPEndPoint ? url : $"{url}#token={_madeToken}");
        if (_madeToken is not null && _listeners[0].EndPoint is not IPEndPoint)
        {
            HostingLog.DashboardToken(_logger, _madeToken);
        }
    }

    /// <summary>Accepts no more and closes what is open: another server goes on.</summary>
    public async Task StopAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        foreach (ListenSocket listener in _listeners)
        {
            listener.RemovePath();
        }

        _server?.Dispose();
    }

    private static bool IsLocal(EndPoint endPoint) => endPoint is UnixDomainSocketEndPoint || (endPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(AddressText.Unmapped(address)));

    // Every interface is not an address that one can ask for.
    private static string UrlOf(EndPoint endPoint) => endPoint is not IPEndPoint ip ? $"unix:{endPoint}"
        : ip.Address.Equals(IPAddress.Any) || ip.Address.Equals(IPAddress.IPv6Any) ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"http://localhost:{ip.Port}/")
        : $"http://{ip}/";

    private Socket Listen(EndPoint endPoint, TransportOptions options)
    {
        ListenSocket listener = _sockets.Listen(endPoint, options, _logger);
        _listeners.Add(listener);
        return listener.Socket;
    }

    private sealed class Application(DashboardEndpoint endpoint) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => endpoint.AnswerAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // It owns nothing.
        }
    }
}
