using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Hydra.Configuration;
using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Tls;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Kestrel with its endpoints, and the pipeline that ends in the <see cref="RequestForwarder"/>.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    private readonly WebApplication _app;
    private readonly ClientConnections _connections = new();
    private readonly ServerOptions _options;
    private readonly FrontLoops _loops;
    private readonly ListenSockets _sockets;
    private readonly IReadOnlyList<(EndPoint EndPoint, bool IsTls, bool IsUwsgi)> _endPoints;
    private readonly ConnectionLimits? _limits;
    private readonly RequestRecorder? _recorder;
    private readonly FaultLog _faults;
    private readonly IReadOnlyList<EndPoint> _metricsEndPoints;
    private readonly List<ListenOptions> _metricsListeners = [];
    private readonly List<(ListenOptions Listener, bool IsTls)> _uwsgiListeners = [];
    private readonly MetricsEndpoint? _metrics;
    private readonly StoppableListeners _listeners;
    private readonly RequestForwarder _forwarder;
    private readonly RequestHandler _edge;
    private readonly QuickAnswers? _quick;
    private readonly RefusedHeads _refused;
    private readonly CertificateStore? _certificates;
    private readonly ProxyProtocol? _proxyProtocol;
    private readonly ILogger _logger;
    private readonly bool _speaksHttp3;
    private bool _isAbandoned;

    /// <summary>Builds the server; nothing listens yet.</summary>
    /// <exception cref="StartException">An address cannot be resolved.</exception>
    /// <param name="options">Addresses and limits.</param>
    /// <param name="loops">The transport.</param>
    /// <param name="loggers">Where Kestrel logs.</param>
    /// <param name="forwarder">What takes requests to workers.</param>
    /// <param name="recorder">Told of requests that are over; null where nobody wants to hear.</param>
    /// <param name="metrics">What answers at the metrics' address; null where there is none.</param>
    /// <param name="development">What there is to know of code that is being written; null where none is.</param>
    /// <param name="record">Keeps requests; null where none are kept.</param>
    public WebServer(
        ServerOptions options, FrontLoops loops, ILoggerFactory loggers, RequestForwarder forwarder, RequestRecorder? recorder,
        MetricsEndpoint? metrics, DevelopmentState? development = null, RecordPart? record = null)
    {
        _options = options;
        _logger = loggers.CreateLogger("hydra");
        _loops = loops;
        _sockets = loops.Sockets;
        _forwarder = forwarder;
        IReadOnlyList<EdgePart> parts = EdgeChain.Parts(options, forwarder, loggers, recorder?.Metrics, development, record);
        _edge = EdgePart.Chain(parts, forwarder.InvokeAsync);
        _quick = EdgeChain.Quick(parts, options, forwarder, recorder);
        _metrics = metrics;
        _certificates = LoadCertificates(options, _logger);
        _endPoints = [.. options.Addresses.Binds.GroupBy(bind => (IsTls: bind.IsTls ?? options.Tls.IsOn, IsUwsgi: bind.IsUwsgi ?? options.Proxies.SpeaksUwsgi))
            .SelectMany(group => ListenAddresses.Resolve(group, _sockets).Select(endPoint => (endPoint, group.Key.IsTls, group.Key.IsUwsgi)))];
        _limits = LimitRules.Connections(options.Limits, options.Proxies, forwarder.Bodies.Memory.Capacity);
        _recorder = recorder;
        _faults = new FaultLog(_logger, TimeProvider.System);
        _proxyProtocol = ProxyRules.ProtocolOf(options, _logger);
        _metricsEndPoints = options.Addresses.Metrics is { } address ? ListenAddresses.Resolve([address], _sockets) : [];

        // The slim builder would read appsettings.json and ASPNETCORE_* variables of the directory and environment that the
        // application lives in: they are not meant for this server.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Configuration.Sources.Clear();
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());

        // The filter that the builder adds checks host names against a setting that nobody can make here.
        builder.Services.RemoveAll<IStartupFilter>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.WebHost.ConfigureKestrel(Configure);
        _speaksHttp3 = Http3Rules.IsOn(options);
        if (_speaksHttp3)
        {
            Http3Rules.AddTo(builder.WebHost, options.Http2);
        }
        else if (options.Http2.HasHttp3)
        {
            HostingLog.NoHttp3(_logger);
        }

        FrontServer.Register(builder.Services);
        loops.AddTo(builder.Services, _logger);
        _app = builder.Build();
        loops.Open(_app.Services);
        _listeners = _app.Services.GetRequiredService<StoppableListeners>();
        _app.Services.GetRequiredService<FrontPipeline>().Recorder = recorder;
        _refused = new RefusedHeads(_app.Services.GetRequiredService<DiagnosticListener>(), recorder, _logger);
    }

    /// <summary>Where it listens, as URLs with the ports that were chosen; empty before the start.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <summary>Where it serves metrics; empty before the start.</summary>
    public IReadOnlyList<string> MetricsAddresses { get; private set; } = [];

    /// <summary>Connections of clients.</summary>
    public ClientConnections Connections => _connections;

    /// <summary>Binds the addresses.</summary>
    /// <exception cref="StartException">An address cannot be bound.</exception>
    public async Task StartAsync()
    {
        try
        {
            await _app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or AddressInUseException)
        {
            throw new StartException(BindFailure.Describe(_options.Addresses.Served, e));
        }

        _sockets.CloseUnclaimed();
        IServer server = _app.Services.GetRequiredService<IServer>();
        string[] addresses = [.. server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(Written)];

        // Now with the ports that were chosen.
        MetricsAddresses = [.. _metricsListeners.Select(static listener => Written(listener.ToString()!))];
        Addresses = [.. addresses.Except(MetricsAddresses).Select(Spoken)];
    }

    /// <summary>Whether responses that begin from now on ask their clients to come again on another connection.</summary>
    public void EndConnections(bool end) => _forwarder.EndConnections(end);

    /// <summary>
    /// Stops accepting, waits for the requests that run, and aborts what is left when the token is cancelled. A connection that has
    /// sent a part of a request's head gets <see cref="HeadTime"/> to send the rest.
    /// </summary>
    /// <param name="quiet">
    /// How long nothing may have happened on any connection before idle ones are closed: a request may be on its way on each of them.
    /// Until then each response asks its client to close the connection.
    /// </param>
    /// <param name="cancellation">The end of the grace.</param>
    public async Task StopAsync(TimeSpan quiet, CancellationToken cancellation)
    {
        _forwarder.EndConnections(true);
        await _listeners.StopAsync().ConfigureAwait(false);
        _sockets.RemovePaths();
        await WaitForQuietAsync(quiet, cancellation).ConfigureAwait(false);
        Task stopped = _app.StopAsync(cancellation);
        await Task.WhenAny(stopped, Task.Delay(HeadTime, CancellationToken.None)).ConfigureAwait(false);
        _connections.AbortIdle();
        await stopped.ConfigureAwait(false);
    }

    private async Task WaitForQuietAsync(TimeSpan quiet, CancellationToken cancellation)
    {
        int seen = _forwarder.ConnectionsEnded;
        long since = Stopwatch.GetTimestamp();
        while ((!_connections.AreNone || _loops.HasArrivals) && !cancellation.IsCancellationRequested && Stopwatch.GetElapsedTime(since) < quiet)
        {
            await Task.WhenAny(Task.Delay(LookInterval, cancellation)).ConfigureAwait(false);
            if (_forwarder.ConnectionsEnded != seen)
            {
                seen = _forwarder.ConnectionsEnded;
                since = Stopwatch.GetTimestamp();
            }
        }
    }

    /// <summary>The process ends now: <see cref="DisposeAsync"/> is not to wait for requests that run.</summary>
    public void Abandon() => _isAbandoned = true;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _refused.Dispose();
        return _isAbandoned ? ValueTask.CompletedTask : _app.DisposeAsync();
    }

    /// <summary>Reads the certificates.</summary>
    /// <returns>Null where TLS is not spoken.</returns>
    /// <exception cref="StartException">One is no good.</exception>
    public static CertificateStore? LoadCertificates(ServerOptions options, ILogger logger)
    {
        try
        {
            return options.Tls.IsOn
                ? new CertificateStore(options.Tls.Settings(), Http2Rules.Offered(options.Http2.Versions), TimeProvider.System, logger)
                : null;
        }
        catch (TlsException e)
        {
            throw new StartException(e.Message);
        }
    }

    // Of one for the uwsgi protocol what nginx's uwsgi_pass has.
    private string Spoken(string address)
    {
        foreach ((ListenOptions listener, bool isTls) in _uwsgiListeners)
        {
            if (Written(listener.ToString()!) == address)
            {
                return (isTls ? "suwsgi://" : "uwsgi://") + address[(address.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0)..];
            }
        }

        return address;
    }

    // A Unix socket has no URL of its own that clients would know.
    private static string Written(string address) => address.Replace("http://unix:", "unix:", StringComparison.Ordinal).Replace("https://unix:", "unix:", StringComparison.Ordinal);

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.KeepAliveTimeout = _options.Clients.KeepAlive;
        BodyRules.Apply(_options.Clients, kestrel.Limits);
        HeadRules.Apply(_options.Clients, kestrel);
        Http2Rules.Apply(_options.Http2, _options.Clients, kestrel);
        foreach ((EndPoint endPoint, bool isTls, bool isUwsgi) in _endPoints)
        {
            kestrel.Listen(endPoint, isUwsgi ? listen => ServeUwsgi(listen, isTls) : listen => Serve(listen, isTls));
        }

        foreach (EndPoint endPoint in _metricsEndPoints)
        {
            kestrel.Listen(endPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                _metrics!.ServeAt(listen);
                _metricsListeners.Add(listen);
            });
        }
    }

    private void Serve(ListenOptions listen, bool isTls)
    {
        HttpVersions versions = _options.Http2.Versions;
        listen.Protocols = Http2Rules.Protocols(versions, isTls);

        // First: it says whose connection this is.
        _proxyProtocol?.ListenAt(listen);
        if (_limits is not null)
        {
            listen.UseConnectionLimits(_limits, !isTls && versions is not HttpVersions.Http2, OnRefused);
        }

        if (isTls)
        {
            UseTls(listen);
        }
        else if (versions is HttpVersions.Both)
        {
            listen.UsePriorKnowledge(_connections, _options.Clients.KeepAlive, TimeProvider.System);
        }

        UseClientConnection(listen, isTls);
        if (isTls && _speaksHttp3 && !Http3Rules.Fits(listen.EndPoint))
        {
            HostingLog.NoHttp3At(_logger, listen.EndPoint.ToString()!);
        }
        else if (isTls && _speaksHttp3)
        {
            listen.Protocols |= HttpProtocols.Http3;
            listen.UseQuicConnection(_connections, _edge, RulesFor(isTls: true), _limits);
        }
    }

    private void ServeUwsgi(ListenOptions listen, bool isTls)
    {
        listen.Protocols = HttpProtocols.Http1;
        _uwsgiListeners.Add((listen, isTls));
        if (isTls)
        {
            UseTls(listen);
        }

        // Before connections are counted by their clients, whom it names.
        new UwsgiProtocol(_options.Proxies.UwsgiPeers, _options.Clients.HeaderTimeout, OnRefused).ListenAt(listen);
        if (_limits is not null)
        {
            listen.UseConnectionLimits(_limits, answers: true, OnRefused);
        }

        UseClientConnection(listen, isTls);
    }

    private void UseTls(ListenOptions listen)
    {
        listen.Use(next => async connection =>
        {
            await next(connection).ConfigureAwait(false);
            if (connection.Features.Get<ClientConnection>() is null)
            {
                _connections.OnHandshakeFailed();
            }
        });
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = hello =>
            {
                SslServerAuthenticationOptions chosen = _certificates!.For(hello.ClientHelloInfo.ServerName);
                return new ValueTask<SslServerAuthenticationOptions>(Http3Rules.IsSpokenOn(hello.Connection) ? Http3Rules.Of(chosen) : chosen);
            },
            HandshakeTimeout = _options.Clients.HeaderTimeout > TimeSpan.Zero ? _options.Clients.HeaderTimeout : Timeout.InfiniteTimeSpan,
        });
    }

    private void UseClientConnection(ListenOptions listen, bool isTls) => listen.UseClientConnection(_connections, _edge, RulesFor(isTls));

    private ConnectionRules RulesFor(bool isTls) => new()
    {
        IsTls = isTls,
        LimitField = _options.Clients.LimitField,
        Memory = _forwarder.Bodies.HeadMemory,
        LimitRequests = _options.Limits.RequestsPerConnection,
        Ends = _forwarder.EndsConnection,
        MaxStreams = _options.Http2.MaxStreams,
        SendTimeout = _options.Clients.SendTimeout,
        Quick = _quick,
        Refused = OnRefused,
    };

    private void OnRefused(string client, Failure failure) => OnRefused(client, failure, failure.Rule().Text);

    private void OnRefused(string client, Failure failure, string text)
    {
        _recorder?.OnRefused(failure);
        _faults.Add(client, text, failure.Rule().Status);
    }

    // Signals are handled by the server itself: the web host must not stop by its own decision.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
