using Hydra.Configuration;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>All that the server writes: its log on standard error, the access log on standard output.</summary>
internal sealed class ServerLogs : IDisposable
{
    private readonly ServerLog _server;
    private readonly bool _asJson;

    /// <summary>Opens the streams; the access log only where it is asked for.</summary>
    public ServerLogs(LogOptions options)
    {
        UsesColors = StandardStreams.UseErrorColors(options.UseColors);
        _server = new ServerLog(StandardStreams.OpenError(), options.Level, UsesColors);
        Loggers = LoggingSetup.CreateFactory(_server);
        _asJson = options.WorkerOutput is WorkerOutput.Json;
        Access = options.Access ? new AccessLog(StandardStreams.OpenOutput(), Loggers.CreateLogger("hydra.access")) : null;
    }

    /// <summary>Makes loggers, for Kestrel too.</summary>
    public ILoggerFactory Loggers { get; }

    /// <summary>The access log, or null when it is off.</summary>
    public AccessLog? Access { get; }

    /// <summary>Whether the log is in colours.</summary>
    public bool UsesColors { get; }

    /// <summary>For what there is to say about one application.</summary>
    /// <param name="label">What tells it from others; empty where there are none.</param>
    public ILogger LoggerOf(string label) => Loggers.CreateLogger(label.Length > 0 ? $"hydra {label}" : "hydra");

    /// <summary>Takes what the workers of one application log and print.</summary>
    /// <param name="label">What tells it from others; empty where there are none.</param>
    public WorkerLogSink WorkersOf(string label) => new(new WorkerLog(_server, _asJson, label));

    /// <summary>Writes text as it is, such as the banner or a traceback.</summary>
    public void WriteText(string text) => _server.WriteRaw(text);

    /// <summary>Writes what is still on its way to the streams, and closes them.</summary>
    public void Dispose()
    {
        Loggers.Dispose();
        Access?.Dispose();
        _server.Dispose();
    }
}
