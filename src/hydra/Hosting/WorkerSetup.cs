using System.Net.Sockets;
using Hydra.Bridge;
using Hydra.Configuration;
using Hydra.Primitives;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// What the workers of one pool need before they can start: its application's directory, its Python, a socket to connect to. The socket
/// is each pool's own, in a directory of its own: when somebody removes that, both are made again together, and a worker that connects
/// is known to be one of this pool's.
/// </summary>
internal sealed class WorkerSetup : IDisposable
{
    private const int LongestTitle = 200;

    private readonly ServerOptions _server;
    private readonly ApplicationOptions _options;
    private readonly WorkerHome _home;
    private readonly WorkerVariables _variables;
    private readonly ILogger _logger;
    private readonly RuntimeDirectory? _directory;
    private volatile string _python = "";

    // As it is at the start, like what the boot document says of the terminal.
    private readonly bool _sharesOutput;

    private WorkerSetup(ServerOptions server, ApplicationOptions options, WorkerHome home, WorkerVariables variables, ILogger logger)
    {
        _variables = variables;
        _server = server;
        _options = options;
        _home = home;
        _logger = logger;
        _sharesOutput = server.Logs.WorkerOutput is WorkerOutput.Raw || PoolRules.AsksAtTerminal(server, options);
        try
        {
            Address = Listen(out _directory);
        }
        catch (SocketException e)
        {
            _directory?.Dispose();
            throw new StartException($"the socket for the workers cannot be opened: {e.Message}");
        }
    }

    /// <summary>The Python, or the program in its place, that the last worker was started with.</summary>
    public string Python => _python;

    /// <summary>Where the workers connect.</summary>
    public LinkAddress Address { get; }

    /// <summary>Looks for the application's directory and for Python, and opens the socket.</summary>
    /// <exception cref="StartException">One of them is not to be had.</exception>
    public static WorkerSetup Prepare(ServerOptions server, ApplicationOptions options, WorkerHome home, ILogger logger)
    {
        StartDirectory.CheckApplication(options.AppDir);

        var variables = new WorkerVariables(options);

        // Looked for before each start of a worker, but a user who has none is to hear of it before anything else.
        string here = OddPath.Here();
        if (options.Interface == ApplicationNaming.Worker)
        {
            _ = FindProgram(home, options, here, static message => new StartException(message));
        }
        else if (!options.IsProgram && FindPython(home, options, here, options.AppDir, static message => new StartException(message)).Warning is { } warning)
        {
            ConfigurationLog.Warning(logger, warning);
        }

        try
        {
            _ = variables.Read(here);
        }
        catch (WorkerStartException e)
        {
            throw new StartException(e.Message);
        }

        return new WorkerSetup(server, options, home, variables, logger);
    }

    /// <summary>
    /// How a worker is started; asked before each start. A link may lead to another release by now, with a Python of its own. A worker
    /// stays with the release that it was started from, so it gets the path without links.
    /// </summary>
    /// <exception cref="WorkerStartException">Something that it needs is missing.</exception>
    public WorkerCommand Command()
    {
        string working = StartDirectory.Resolve(_home.WorkingDirectory, "working directory");
        if (_options.Interface == ApplicationNaming.Proxy)
        {
            return BridgeCommand(working);
        }

        string app = _options.AppDir.Length == 0 ? ""
            : StartDirectory.ResolveApplication(Path.GetFullPath(_options.AppDir, working));
        (_python, IReadOnlyList<string> arguments) = Program(working, app);
        return new WorkerCommand
        {
            Program = _python,
            Arguments = arguments,
            WorkingDirectory = working,
            AppDirectory = OddBytes.Join([OddPath.Encode(app)]),
            Variables = _variables.Read(working),
            SharesOutput = _sharesOutput,
        };
    }

    // The executable that this process runs: the name that it was started by may lead to another version by now.
    private WorkerCommand BridgeCommand(string working)
    {
        string own = $"/proc/{Environment.ProcessId}/exe";
        return new WorkerCommand
        {
            Program = OperatingSystem.IsLinux() && File.Exists(own) ? own : Environment.ProcessPath!,

            // The second is room for the title that ps shows.
            Arguments = [BridgeProgram.Mode, new string('-', Math.Min(_options.App.Length, LongestTitle))],
            WorkingDirectory = working,
            AppDirectory = "",
            Variables = _variables.Read(working),
            SharesOutput = _sharesOutput,
            LeadsGroup = true,
        };
    }

    /// <summary>Makes the socket again, where a cleaner of temporary files has taken it away.</summary>
    /// <exception cref="WorkerStartException">That is not possible.</exception>
    public void RestoreSocket()
    {
        try
        {
            if (Address.Restore())
            {
                ProcessesLog.SocketRestored(_logger, Address.Text);
            }
        }
        catch (IOException e)
        {
            throw new WorkerStartException(e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Address.Dispose();
        _directory?.Dispose();
    }

    private (string Path, IReadOnlyList<string> Arguments) Program(string working, string app)
    {
        if (_options.IsProgram)
        {
            return (FindProgram(_home, _options, working, static message => new WorkerStartException(message)), [.. _options.Command.Skip(1)]);
        }

        PythonResult.Found python = FindPython(_home, _options, working, app, static message => new WorkerStartException(message));
        return (python.Path, [.. python.Arguments, _home.ShimEntry()]);
    }

    private LinkAddress Listen(out RuntimeDirectory? directory)
    {
        directory = null;
        if (_server.Tuning.WorkerTransport is WorkerTransport.Tcp)
        {
            return LinkAddress.ListenTcp();
        }

        switch (RuntimeDirectory.Create(_home.Places, _logger))
        {
            case RuntimeDirectoryResult.Created created:
                directory = created.Directory;
                return LinkAddress.ListenUnix(directory.SocketPath, directory.Restore);
            case RuntimeDirectoryResult.Abstract named:
                return LinkAddress.ListenAbstract(named.Name);
            case RuntimeDirectoryResult.Failed failed:
                throw new StartException(failed.Message);
            default:
                throw new InvalidOperationException("a result of an unknown kind");
        }
    }

    private static string FindProgram(WorkerHome home, ApplicationOptions options, string working, Func<string, Exception> failure)
        => ProgramLocator.Find(options.Command[0], working, home.Variables, OperatingSystem.IsWindows(), out string problem) ?? throw failure(problem);

    private static PythonResult.Found FindPython(
        WorkerHome home, ApplicationOptions options, string workingDirectory, string appDirectory, Func<string, Exception> failure)
    {
        var search = new PythonSearch(
            options.Python.Path, appDirectory, workingDirectory, home.Variables, OperatingSystem.IsWindows())
        { ProgramDirectory = home.ProgramDirectory };
        return PythonLocator.Find(search) switch
        {
            PythonResult.Found found => found,
            PythonResult.Missing missing => throw failure(missing.Message),
            _ => throw new InvalidOperationException("a result of an unknown kind"),
        };
    }
}
