using Hydra.Configuration;
using Hydra.Primitives;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// What the workers of all pools share: the directory that the server works in, the places for private files, and the shim, which is
/// the same for every application. Any thread; <c>_gate</c> guards the shim.
/// </summary>
internal sealed class WorkerHome : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ShimExtractor _shim;
    private readonly Timer _keeper;
    private readonly StartedAs _started;

    private WorkerHome(StartedAs started, string workingDirectory, IReadOnlyList<PrivatePlace> places, ILogger logger)
    {
        _started = started;
        WorkingDirectory = workingDirectory;
        Places = places;
        ProgramDirectory = Executable.Find(started) is { } program ? Path.GetDirectoryName(OddPath.Decode(program)) : null;
        _shim = new ShimExtractor(ShimFiles.FromResources(), places, logger);
        _keeper = new Timer(static home => ((WorkerHome)home!).Keep(), this, AgelessFiles.Period, AgelessFiles.Period);
    }

    /// <summary>The working directory as the user named it: see <see cref="StartDirectory.Enter"/>.</summary>
    public string WorkingDirectory { get; }

    /// <summary>The environment that the server was started in.</summary>
    public IReadOnlyDictionary<string, string> Variables => _started.VariablesByName;

    /// <summary>The directory of the name by which the server was started, or null: links in it are not followed.</summary>
    public string? ProgramDirectory { get; }

    /// <summary>Where private files may be, the best place first.</summary>
    public IReadOnlyList<PrivatePlace> Places { get; }

    /// <summary>Goes to the working directory.</summary>
    /// <exception cref="StartException">It is missing or must not be entered.</exception>
    public static WorkerHome Enter(StartedAs started, ServerOptions server, ILogger logger)
    {
        if (server.Umask is { } mask && !OperatingSystem.IsWindows())
        {
            _ = LibC.SetUmask((uint)mask);
        }

        return new(started, StartDirectory.Enter(server.WorkingDirectory, started.Directory), PrivatePlaces.All(EnvironmentScanner.Current(), OperatingSystem.IsWindows()), logger);
    }

    /// <summary>The document with what all workers are told of how the server was started.</summary>
    public BootDocument Complete(BootDocument document) => document with
    {
        Arguments = OddBytes.Join(_started.Arguments),
        Variables = OddBytes.Join(OddBytes.Among(_started.Variables)),
    };

    /// <summary>Where the shim begins. Asked before each start of a worker, because a cleaner of temporary files may have taken it away.</summary>
    /// <exception cref="WorkerStartException">There is no place for it.</exception>
    public string ShimEntry()
    {
        lock (_gate)
        {
            return _shim.Extract() switch
            {
                ShimResult.Ready ready => ready.EntryPath,
                ShimResult.Failed failed => throw new WorkerStartException(failed.Message),
                _ => throw new InvalidOperationException("a result of an unknown kind"),
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keeper.Dispose();
        lock (_gate)
        {
            _shim.Dispose();
        }
    }

    // Processes that workers start may want it, too, long after the last worker was started.
    private void Keep()
    {
        lock (_gate)
        {
            _shim.Keep();
        }
    }
}
