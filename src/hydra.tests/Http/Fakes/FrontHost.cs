using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Edge;
using Hydra.Hosting;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Transport;
using Hydra.Tracing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Http.Fakes;

/// <summary>
/// The front as it is in the server, on a real Kestrel with its ordinary transport, and one worker whose process is the test. Disposing
/// it checks that no memory is still counted for bodies.
/// </summary>
internal sealed class FrontHost : IAsyncDisposable
{
    private readonly MemoryStream _lines = new();
    private readonly AccessLog _access;
    private readonly RefusedHeads _refused;
    private readonly WebApplication _app;

    private FrontHost(IReadOnlyList<EdgePart> parts, HttpProtocols protocols, Action<KestrelServerLimits>? limits, ConnectionRules? rules = null, Tracer? tracer = null)
    {
        _access = new AccessLog(_lines, NullLogger.Instance, AccessFormat.Timed);
        FakeUpstream worker = new FakeUpstream().Quick();
        worker.Handle.Features = InterfaceFeatures.WebSockets;
        Fleet = new FakeFleet(worker);
        Bodies = new BodyResources(new ForwarderOptions(), null, Log) { Resume = Resume };
        var pool = new RequestPool("app", MountPlace.Everywhere, "", Fleet.Dispatcher, new CrashRecovery(RetryMode.Idempotent, Log), TimeSpan.Zero);
        RequestHandler handler = EdgePart.Chain(parts, new RequestForwarder(new PoolSelector([new PoolRoute(pool, Bodies)]), Bodies, new WebSocketSession(new SessionBounds())).InvokeAsync);
        var connections = new ClientConnections();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(Log).SetMinimumLevel(LogLevel.Information);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            HeadRules.Apply(new ClientOptions(), kestrel);
            limits?.Invoke(kestrel.Limits);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                listen.UseClientConnection(connections, handler, rules);
            });
        });
        FrontServer.Register(builder.Services);
        _app = builder.Build();
        var recorder = new RequestRecorder(_access, null) { Traces = tracer is null ? null : new RequestTracing(tracer, []) };
        _app.Services.GetRequiredService<FrontPipeline>().Recorder = recorder;
        _refused = new RefusedHeads(_app.Services.GetRequiredService<DiagnosticListener>(), recorder, Log.CreateLogger("hydra"));
    }

    /// <summary>What the front and Kestrel have logged.</summary>
    public ErrorRecorder Log { get; } = new();

    /// <summary>What of that is a warning or worse.</summary>
    public IEnumerable<string> Complaints
        => Log.Entries.Where(static entry => entry.Level >= LogLevel.Warning).Select(static entry => entry.Text);

    public FakeFleet Fleet { get; }

    /// <summary>What connections share that outlive their workers.</summary>
    public ResumeDesk Resume { get; } = new(1_000_000) { Parting = TimeSpan.FromSeconds(0.2), Probation = TimeSpan.FromSeconds(0.2) };

    public FakeUpstream Worker => Fleet.Workers[0];

    public BodyResources Bodies { get; }

    public IPEndPoint EndPoint => IPEndPoint.Parse(new Uri(_app.Urls.First()).Authority);

    /// <summary>A front with these parts of the edge.</summary>
    public static Task<FrontHost> StartAsync(params IReadOnlyList<EdgePart> parts) => StartAsync(HttpProtocols.Http1, null, parts);

    /// <summary>The same where requests are traced.</summary>
    public static async Task<FrontHost> StartAsync(Tracer tracer, params IReadOnlyList<EdgePart> parts)
    {
        var host = new FrontHost(parts, HttpProtocols.Http1, null, null, tracer);
        await host._app.StartAsync();
        return host;
    }

    /// <summary>The same with other rules for its connections.</summary>
    public static async Task<FrontHost> StartAsync(ConnectionRules rules, params IReadOnlyList<EdgePart> parts)
    {
        var host = new FrontHost(parts, HttpProtocols.Http1, null, rules);
        await host._app.StartAsync();
        return host;
    }

    /// <summary>The same with another protocol or other limits.</summary>
    public static async Task<FrontHost> StartAsync(
        HttpProtocols protocols, Action<KestrelServerLimits>? limits, params IReadOnlyList<EdgePart> parts)
    {
        var host = new FrontHost(parts, protocols, limits);
        await host._app.StartAsync();
        return host;
    }

    public RawClient Connect() => RawClient.Connect(EndPoint);

    /// <summary>Reads until the connection ends, in whatever way.</summary>
    public static async Task<string> ReadUntilCutAsync(RawClient client)
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        try
        {
            while (true)
            {
                await client.ReadExactlyAsync(one).WaitAsync(TimeSpan.FromSeconds(30));
                text.Append((char)one[0]);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException)
        {
            return text.ToString();
        }
    }

    /// <summary>Stops the server, and returns the lines of the access log behind their time and client, without how long it took.</summary>
    public async Task<string[]> StopAndReadLinesAsync()
    {
        await StopAsync();
        _access.Dispose();
        string[] lines = Encoding.UTF8.GetString(_lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(static line => line[line.IndexOf('"', StringComparison.Ordinal)..line.LastIndexOf(' ')])];
    }

    /// <summary>The whole access log, after <see cref="StopAndReadLinesAsync"/>.</summary>
    public string AccessText => Encoding.UTF8.GetString(_lines.ToArray());

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        _refused.Dispose();
        _access.Dispose();
        Fleet.Dispose();
        Assert.Equal((0, 0, 0), (Bodies.RequestMemory.Used, Bodies.ResponseMemory.Used, Resume.Memory.Used));
    }

    private async Task StopAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(soon.Token);
    }
}

/// <summary>A part of the edge that is a function of the request, before it goes on.</summary>
internal sealed class ActingPart(Action<RequestContext> act) : EdgePart
{
    public override RequestHandler Before(RequestHandler next) => context =>
    {
        act(context);
        return next(context);
    };
}
