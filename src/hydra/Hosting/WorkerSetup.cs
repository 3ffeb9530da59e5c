using System.Net.Sockets;
using Hydra.Configuration;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Workers;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>What workers need before they can start: Python, the shim on disk, a socket to connect to.</summary>
internal sealed class WorkerSetup : IDisposable
{
    private readonly HydraOptions _options;
    private readonly ServerLogs _logs;
    private readonly string _workingDirectory;
    private readonly ShimExtractor _shim;
    private readonly RuntimeDirectory? _directory;
    private readonly LinkAddress _address;

    private WorkerSetup(HydraOptions options, ServerLogs logs, string workingDirectory, ShimExtractor shim, IReadOnlyList<PrivatePlace> places)
    {
        _options = options;
        _logs = logs;
        _workingDirectory = workingDirectory;
        _shim = shim;
        try
        {
            _address = Listen(places, out _directory);
        }
        catch (SocketException e)
        {
            _directory?.Dispose();
            throw new StartException($"the socket for the workers cannot be opened: {e.Message}");
        }
    }

    /// <summary>Finds Python, extracts the shim and opens the socket.</summary>
    /// <exception cref="StartException">One of them is not to be had.</exception>
    public static WorkerSetup Prepare(HydraOptions options, ServerLogs logs)
    {
        IReadOnlyDictionary<string, string> environment = EnvironmentScanner.Current();
        bool isWindows = OperatingSystem.IsWindows();

        string workingDirectory = StartDirectory.Enter(options);

        // Looked for before each start of a worker, but a user who has none is to hear of it before anything else.
        _ = FindPython(options, Environment.CurrentDirectory, options.AppDir, static message => new StartException(message));
        IReadOnlyList<PrivatePlace> places = PrivatePlaces.All(environment, isWindows);
        var shim = new ShimExtractor(ShimFiles.FromResources(), places, logs.Loggers.CreateLogger("hydra"));
        return new WorkerSetup(options, logs, workingDirectory, shim, places);
    }

    /// <summary>A supervisor whose workers serve the dispatcher.</summary>
    public Supervisor CreateSupervisor(Dispatcher dispatcher, FrontLoops loops)
    {
        ForwarderOptions windows = BodyRules.Forwarder(_options);
        var options = new SupervisorOptions
        {
            Scale = new ScaleOptions
            {
                Minimum = _options.Workers,
                Maximum = _options.MaxWorkers ?? _options.Workers,
                Delay = _options.ScaleDelay,
                Idle = _options.ScaleIdle,
            },
            MostWorkers = OptionTable.MaximumWorkers,
            Recycle = new RecycleOptions
            {
                MaxRequests = _options.MaxRequests > 0 ? _options.MaxRequests : null,
                RequestsJitter = _options.MaxRequestsJitter,
                MaxResident = _options.WorkerMaxRss > 0 ? _options.WorkerMaxRss : null,
                MaxLifetime = _options.WorkerMaxLifetime > TimeSpan.Zero ? _options.WorkerMaxLifetime : null,
            },
            DrainTimeout = _options.DrainTimeout ?? _options.GracefulTimeout,
            DataLinks = loops.Count,
            DataChannel = loops.Channel,
            LimitConcurrency = _options.LimitConcurrency,
            Windows = new WelcomeWindows(windows.RequestWindow, windows.ResponseWindow),
            Prepare = RestoreSocket,
            Command = Command,
            Document = Document(loops.Count),
            Preload = _options.Preload,
            Watchdog = new WatchdogOptions { RequestTimeout = _options.RequestTimeout, WorkerTimeout = _options.WorkerTimeout },
            InterruptsAbandoned = _options.CancelOnDisconnect,
        };
        return new Supervisor(options, _address, dispatcher, dispatcher, _logs.Workers, _logs.Loggers.CreateLogger("hydra"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _address.Dispose();
        _directory?.Dispose();
        _shim.Dispose();
    }

    // The same cleaner may have taken the socket away.
    private void RestoreSocket()
    {
        if (_address.Restore())
        {
            WorkerStartLog.SocketRestored(_logs.Loggers.CreateLogger("hydra"), _address.Text);
        }
    }

    private LinkAddress Listen(IReadOnlyList<PrivatePlace> places, out RuntimeDirectory? directory)
    {
        directory = null;
        if (_options.WorkerTransport is WorkerTransport.Tcp)
        {
            return LinkAddress.ListenTcp();
        }

        switch (RuntimeDirectory.Create(places, _logs.Loggers.CreateLogger("hydra")))
        {
            case RuntimeDirectoryResult.Created created:
                directory = created.Directory;
                return LinkAddress.ListenUnix(directory);
            case RuntimeDirectoryResult.Abstract named:
                return LinkAddress.ListenAbstract(named.Name);
            case RuntimeDirectoryResult.Failed failed:
                throw new StartException(failed.Message);
            default:
                throw new InvalidOperationException("a result of an unknown kind");
        }
    }

    // Asked before each start of a worker. A link may lead to another release by now, with a Python of its own, and a cleaner of
    // temporary files may have taken the shim away. A worker stays with the release that it was started from, so it gets the path
    // without links.
    private WorkerCommand Command()
    {
        string working = StartDirectory.Resolve(_workingDirectory, "working directory");
        string app = _options.AppDir.Length == 0 ? ""
            : StartDirectory.Resolve(Path.GetFullPath(_options.AppDir, working), "directory of the application");
        PythonResult.Found python = FindPython(_options, working, app, static message => new WorkerStartException(message));
        return _shim.Extract() switch
        {
            ShimResult.Ready ready => new WorkerCommand
            {
                Python = python.Path,
                Arguments = [.. python.Arguments, ready.EntryPath],
                WorkingDirectory = working,
                AppDirectory = app,
            },
            ShimResult.Failed failed => throw new WorkerStartException(failed.Message),
            _ => throw new InvalidOperationException("a result of an unknown kind"),
        };
    }

    private static PythonResult.Found FindPython(
        HydraOptions options, string workingDirectory, string appDirectory, Func<string, Exception> failure)
    {
        var search = new PythonSearch(
            options.Python, appDirectory, workingDirectory, EnvironmentScanner.Current(), OperatingSystem.IsWindows());
        return PythonLocator.Find(search) switch
        {
            PythonResult.Found found => found,
            PythonResult.Missing missing => throw failure(missing.Message),
            _ => throw new InvalidOperationException("a result of an unknown kind"),
        };
    }

    private BootDocument Document(int dataLinks) => new()
    {
        Address = "",
        Token = "",
        Worker = 0,
        App = _options.App!,
        Factory = _options.Factory,
        AppDir = _options.AppDir,
        Interface = _options.Interface,
        Loop = OptionNames.NameOf(OptionNames.Loops, _options.Loop),
        Lifespan = OptionNames.NameOf(OptionNames.Lifespans, _options.Lifespan),
        Threads = _options.Threads,
        RootPath = _options.RootPath,
        DataLinks = dataLinks,
        LogLevel = OptionNames.NameOf(OptionNames.LogLevels, _options.LogLevel),
        GraceMilliseconds = (int)Math.Min(_options.GracefulTimeout.TotalMilliseconds, int.MaxValue),
        Interruptible = _options.RequestTimeout > TimeSpan.Zero || _options.CancelOnDisconnect,
        Version = Cli.VersionText.Number,
    };
}
