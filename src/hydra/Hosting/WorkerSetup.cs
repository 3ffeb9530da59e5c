using Hydra.Configuration;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Transport;
using Hydra.Workers;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>What workers need before they can start: Python, the shim on disk, a socket to connect to.</summary>
internal sealed class WorkerSetup : IDisposable
{
    private readonly HydraOptions _options;
    private readonly ServerLogs _logs;
    private readonly string _python;
    private readonly string _shim;
    private readonly LinkAddress _address;

    private WorkerSetup(HydraOptions options, ServerLogs logs, string python, string shim, LinkAddress address)
    {
        _options = options;
        _logs = logs;
        _python = python;
        _shim = shim;
        _address = address;
    }

    /// <summary>Finds Python, extracts the shim and opens the socket.</summary>
    /// <exception cref="StartException">One of them is not to be had.</exception>
    public static WorkerSetup Prepare(HydraOptions options, ServerLogs logs)
    {
        return new WorkerSetup(options, logs, "/usr/bin/python3", "/work/main/python/hydra_shim.py", LinkAddress.ListenUnix($"/tmp/hydra-{Environment.ProcessId}.sock"));
    }

    /// <summary>A supervisor whose workers serve the dispatcher.</summary>
    public Supervisor CreateSupervisor(Dispatcher dispatcher)
    {
        var windows = new ForwarderOptions();
        var options = new SupervisorOptions
        {
            Workers = _options.Workers,
            DataLinks = 1,
            DataChannel = (socket, _) => new SocketLinkChannel(socket),
            Windows = new WelcomeWindows(windows.RequestWindow, windows.ResponseWindow),
            Command = new WorkerCommand { Python = _python, Shim = _shim, WorkingDirectory = _options.WorkingDirectory },
            Document = Document(),
        };
        return new Supervisor(options, _address, dispatcher, _logs.Workers, _logs.Loggers.CreateLogger("hydra"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private BootDocument Document() => new()
    {
        Address = "",
        Token = "",
        Worker = 0,
        Workers = _options.Workers,
        App = _options.App!,
        Factory = _options.Factory,
        AppDir = _options.AppDir,
        Interface = Lower(_options.Interface),
        Loop = Lower(_options.Loop),
        Lifespan = Lower(_options.Lifespan),
        Threads = _options.Threads,
        RootPath = _options.RootPath,
        DataLinks = 1,
        LogLevel = PythonLevel(_options.LogLevel),
        GraceMilliseconds = (int)Math.Min(_options.GracefulTimeout.TotalMilliseconds, int.MaxValue),
        Version = Cli.VersionText.Number,
    };

    private static string Lower<T>(T value)
        where T : struct, Enum
        => value.ToString().ToLowerInvariant();

    private static string PythonLevel(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical or LogLevel.None => "critical",
        _ => "info",
    };
}
