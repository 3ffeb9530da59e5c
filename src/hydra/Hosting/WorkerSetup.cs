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
    private readonly PythonResult.Found _python;
    private readonly ShimExtractor _shim;
    private readonly RuntimeDirectory? _directory;
    private readonly LinkAddress _address;

    private WorkerSetup(HydraOptions options, ServerLogs logs, PythonResult.Found python, ShimExtractor shim, IReadOnlyList<PrivatePlace> places)
    {
        _options = options;
        _logs = logs;
        _python = python;
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

        // Made absolute first, but links in it are not followed: each worker starts in what the path means then.
        options = options with { WorkingDirectory = options.WorkingDirectory is { } directory ? Path.GetFullPath(directory) : null };
        StartDirectory.Enter(options);
        var search = new PythonSearch(options.Python, options.AppDir, Environment.CurrentDirectory, environment, isWindows);
        PythonResult.Found python = PythonLocator.Find(search) switch
        {
            PythonResult.Found found => found,
            PythonResult.Missing missing => throw new StartException(missing.Message),
            _ => throw new InvalidOperationException("a result of an unknown kind"),
        };
        IReadOnlyList<PrivatePlace> places = PrivatePlaces.All(environment, isWindows);
        var shim = new ShimExtractor(ShimFiles.FromResources(), places, logs.Loggers.CreateLogger("hydra"));
        return new WorkerSetup(options, logs, python, shim, places);
    }

    /// <summary>A supervisor whose workers serve the dispatcher.</summary>
    public Supervisor CreateSupervisor(Dispatcher dispatcher, FrontLoops loops)
    {
        var windows = new ForwarderOptions();
        var options = new SupervisorOptions
        {
            Workers = _options.Workers,
            DataLinks = loops.Count,
            DataChannel = loops.Channel,
            Windows = new WelcomeWindows(windows.RequestWindow, windows.ResponseWindow),
            Command = CommandWithSocket,
            Document = Document(loops.Count),
        };
        return new Supervisor(options, _address, dispatcher, _logs.Workers, _logs.Loggers.CreateLogger("hydra"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _address.Dispose();
        _directory?.Dispose();
        _shim.Dispose();
    }

    // The same cleaner may have taken the socket away.
    private WorkerCommand CommandWithSocket()
    {
        if (_address.Restore())
        {
            WorkerStartLog.SocketRestored(_logs.Loggers.CreateLogger("hydra"), _address.Text);
        }

        return Command();
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

    // Asked before each start of a worker: a cleaner of temporary files may have taken the shim away.
    private WorkerCommand Command() => _shim.Extract() switch
    {
        ShimResult.Ready ready => new WorkerCommand
        {
            Python = _python.Path,
            Arguments = [.. _python.Arguments, ready.EntryPath],
            WorkingDirectory = _options.WorkingDirectory,
        },
        ShimResult.Failed failed => throw new WorkerStartException(failed.Message),
        _ => throw new InvalidOperationException("a result of an unknown kind"),
    };

    private BootDocument Document(int dataLinks) => new()
    {
        Address = "",
        Token = "",
        Worker = 0,
        Workers = _options.Workers,
        App = _options.App!,
        Factory = _options.Factory,
        AppDir = _options.AppDir,
        Interface = OptionNames.NameOf(OptionNames.Interfaces, _options.Interface),
        Loop = OptionNames.NameOf(OptionNames.Loops, _options.Loop),
        Lifespan = OptionNames.NameOf(OptionNames.Lifespans, _options.Lifespan),
        Threads = _options.Threads,
        RootPath = _options.RootPath,
        DataLinks = dataLinks,
        LogLevel = OptionNames.NameOf(OptionNames.LogLevels, _options.LogLevel),
        GraceMilliseconds = (int)Math.Min(_options.GracefulTimeout.TotalMilliseconds, int.MaxValue),
        Version = Cli.VersionText.Number,
    };
}
