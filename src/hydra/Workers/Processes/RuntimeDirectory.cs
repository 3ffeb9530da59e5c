using System.Text;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Processes;

/// <summary>A fresh private directory for the socket that workers connect to; deleted on dispose.</summary>
internal sealed class RuntimeDirectory : IDisposable
{
    /// <summary>The path of a socket may have 107 bytes on Linux and 103 on macOS; this leaves Python and others a little room.</summary>
    public const int MaximumSocketPath = 100;

    private const string SocketName = "link.sock";
    private const int Attempts = 8;

    private readonly PrivatePlace _place;
    private readonly Timer _keeper;
    private FileStream _lock;

    private RuntimeDirectory(PrivatePlace place, string path, FileStream held)
    {
        _place = place;
        Path = path;
        _lock = held;
        _keeper = new Timer(static own => AgelessFiles.Touch((string)own!), path, AgelessFiles.Period, AgelessFiles.Period);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Where the socket is to be.</summary>
    public string SocketPath => System.IO.Path.Combine(Path, SocketName);

    /// <summary>Makes the directory in the first place that can have it, and removes what servers left behind that are gone.</summary>
    public static RuntimeDirectoryResult Create(IReadOnlyList<PrivatePlace> places, ILogger logger)
    {
        List<string> reasons = [];
        foreach (PrivatePlace place in places)
        {
            if (TryCreate(place, logger, out RuntimeDirectory? directory) is not { } problem)
            {
                return new RuntimeDirectoryResult.Created(directory!);
            }

            reasons.Add($"{place.Path}: {problem}");
            ProcessesLog.PlaceSkipped(logger, place.Path, problem);
        }

        if (!OperatingSystem.IsLinux())
        {
            return new RuntimeDirectoryResult.Failed(reasons);
        }

        // Any local user can try to connect to an abstract socket; the token of the handshake keeps them out.
        string name = $"hydra-{Environment.ProcessId}-{Guid.NewGuid():n}";
        ProcessesLog.AbstractSocket(logger, name);
        return new RuntimeDirectoryResult.Abstract(name);
    }

    /// <summary>Makes the directory again where somebody has removed it while the server runs. Not for several threads.</summary>
    /// <returns>Null, or why that is not possible.</returns>
    public string? Restore()
    {
        if (PrivateDirectory.Check(Path) is null)
        {
            return null;
        }

        try
        {
            // The place may have gone with it, where that is a temporary directory of the service's own.
            PrivateDirectory.RestorePlace(_place);
            if ((PrivateDirectory.PreparePlace(_place) ?? PrivateDirectory.Create(Path)) is { } problem)
            {
                return problem;
            }

            _lock.Dispose();
            _lock = StaleDirectories.HoldLock(Path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keeper.Dispose();

        // Deleted under the lock: a cleaner that takes the lock of a directory without its files finds nothing to do.
        PrivateDirectory.Delete(Path);
        _lock.Dispose();
    }

    private static string? TryCreate(PrivatePlace place, ILogger logger, out RuntimeDirectory? directory)
    {
        directory = null;
        try
        {
            if (PrivateDirectory.PreparePlace(place) is { } placeProblem)
            {
                return placeProblem;
            }

            StaleDirectories.Remove(place.Path, logger);
            string? problem = null;
            for (int attempt = 0; attempt < Attempts && directory is null; attempt++)
            {
                problem = TryCreateOnce(place, StaleDirectories.NewPath(place.Path), out directory);
            }

            return directory is null ? problem : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static string? TryCreateOnce(PrivatePlace place, string path, out RuntimeDirectory? directory)
    {
        directory = null;
        int length = Encoding.UTF8.GetByteCount(System.IO.Path.Combine(path, SocketName));
        if (length > MaximumSocketPath)
        {
            return $"the path of the socket would have {length} bytes; {MaximumSocketPath} are possible";
        }

        if (PrivateDirectory.Create(path) is { } problem)
        {
            return problem;
        }

        try
        {
            directory = new RuntimeDirectory(place, path, StaleDirectories.HoldLock(path));
            return null;
        }
        catch
        {
            PrivateDirectory.Delete(path);
            throw;
        }
    }
}
