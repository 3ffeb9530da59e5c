using System.Net;
using System.Net.Sockets;
using Hydra.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hydra.Tests.Transport;

/// <summary>A tiny Kestrel over the loop transport. Disposing it checks that no error was logged.</summary>
internal sealed class LoopHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopHost(WebApplication app, ErrorRecorder log)
    {
        _app = app;
        Log = log;
    }

    public ErrorRecorder Log { get; }

    public EventLoopGroup Group => _app.Services.GetRequiredService<EventLoopGroup>();

    public IPEndPoint EndPoint => IPEndPoint.Parse(new Uri(_app.Urls.First()).Authority);

    public int Port => EndPoint.Port;

    /// <summary>Listens on a free port of 127.0.0.1 unless told otherwise.</summary>
    public static async Task<LoopHost> StartAsync(
        RequestDelegate handler, TransportOptions? options = null, Action<KestrelServerOptions>? configure = null)
    {
        var log = new ErrorRecorder();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            if (configure is null)
            {
                kestrel.Listen(IPAddress.Loopback, 0);
            }
            else
            {
                configure(kestrel);
            }
        });
        if (OperatingSystem.IsLinux())
        {
            builder.Services.AddLoopTransport(options ?? new TransportOptions { Loops = 2 });
        }

        WebApplication app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        return new LoopHost(app, log);
    }

    public static Task<LoopHost> StartHelloAsync(TransportOptions? options = null, Action<KestrelServerOptions>? configure = null)
        => StartAsync(Hello, options, configure);

    public static Task Hello(HttpContext context)
    {
        context.Response.ContentLength = 5;
        return context.Response.Body.WriteAsync("Hello"u8.ToArray()).AsTask();
    }

    public RawClient Connect() => RawClient.Connect(EndPoint);

    public Task StopAsync(CancellationToken cancellation = default) => _app.StopAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        Log.AssertNoErrors();
    }
}
