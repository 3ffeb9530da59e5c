using System.Runtime.InteropServices;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Processes;

/// <summary>
/// Puts the shim into a private directory that all servers of this user and build share. To be asked before each start of a worker: what
/// a cleaner of temporary files has deleted in the meantime is written again. Not for several threads.
/// </summary>
internal sealed class ShimExtractor(ShimFiles shim, IReadOnlyList<PrivatePlace> places, ILogger logger) : IDisposable
{
    private readonly HashSet<string> _reported = [];
    private MemoryShim? _memory;

    /// <summary>Finds or makes the shim's directory.</summary>
    public ShimResult Extract()
    {
        if (_memory is not null)
        {
            return new ShimResult.Ready(_memory.Path);
        }

        List<string> reasons = [];
        foreach (PrivatePlace place in places)
        {
            string directory = Path.Combine(place.Path, DirectoryName());
            if (ExtractTo(place, directory) is not { } problem)
            {
                return new ShimResult.Ready(Path.Combine(directory, ShimFiles.EntryPoint));
            }

            reasons.Add($"{place.Path}: {problem}");
            Report(place, problem);
        }

        _memory = MemoryShim.Create(shim, out string memoryProblem);
        if (_memory is null)
        {
            return new ShimResult.Failed([.. reasons, memoryProblem]);
        }

        ProcessesLog.ShimInMemory(logger, _memory.Path);
        return new ShimResult.Ready(_memory.Path);
    }

    /// <summary>
    /// Makes again what is missing, and keeps it from cleaners that go by age. What has no directory in the end is said at the next start.
    /// </summary>
    public void Keep()
    {
        if (Extract() is ShimResult.Ready ready && _memory is null)
        {
            AgelessFiles.Touch(Path.GetDirectoryName(ready.EntryPath)!);
        }
    }

    /// <summary>Gives up the archive in memory, if that is where the shim is. Directories stay for the next server.</summary>
    public void Dispose() => _memory?.Dispose();

    // With the user's number, so that users do not get into each other's way in a place they share.
    private string DirectoryName()
        => OperatingSystem.IsWindows() ? $"hydra-shim-{shim.Hash}" : $"hydra-shim-{shim.Hash}-{LibC.GetEffectiveUser()}";

    private void Report(PrivatePlace place, string problem)
    {
        // Once for each place, not for each start of a worker.
        if (!_reported.Add(place.Path))
        {
            return;
        }

        if (place.IsChosen)
        {
            ProcessesLog.ChosenPlaceUnusable(logger, EnvironmentVariables.RuntimeDirectory, place.Path, problem);
        }
        else
        {
            ProcessesLog.PlaceSkipped(logger, place.Path, problem);
        }
    }

    private string? ExtractTo(PrivatePlace place, string directory)
    {
        try
        {
            if (PrivateDirectory.PreparePlace(place) is { } problem)
            {
                return problem;
            }

            return Path.Exists(directory) || IsLink(directory) ? Adopt(directory) : Make(place, directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    // A directory is complete when it gets its name, so that nobody ever sees half of one.
    private string? Make(PrivatePlace place, string directory)
    {
        string temporary = Path.Combine(place.Path, $".hydra-shim-{Guid.NewGuid():n}");
        if (PrivateDirectory.Create(temporary) is { } problem)
        {
            return problem;
        }

        try
        {
            foreach (ShimFile file in shim.Files)
            {
                WriteNew(Target(temporary, file), file.Content);
            }

            if (Rename(temporary, directory))
            {
                ProcessesLog.ShimExtracted(logger, directory);
                return null;
            }

            // Another server was faster; what it made is as good.
            return Path.Exists(directory) ? Adopt(directory) : "the directory could not be renamed";
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                PrivateDirectory.Delete(temporary);
            }
        }
    }

    private static bool Rename(string from, string to)
    {
        if (!OperatingSystem.IsWindows())
        {
            return LibC.Rename(from, to) == 0;
        }

        try
        {
            Directory.Move(from, to);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // A directory that is ours but not complete lost files to a cleaner or to a crash; each file is replaced at once as a whole.
    private string? Adopt(string directory)
    {
        if (PrivateDirectory.Check(directory) is { } problem)
        {
            return problem;
        }

        foreach (ShimFile file in shim.Files)
        {
            string path = Target(directory, file);
            if (!HasContent(path, file.Content))
            {
                string temporary = path + $".{Guid.NewGuid():n}";
                WriteNew(temporary, file.Content);
                File.Move(temporary, path, overwrite: true);
                ProcessesLog.ShimRepaired(logger, path);
            }
        }

        return null;
    }

    private static string Target(string directory, ShimFile file)
        => Path.Combine(directory, file.Path.Replace('/', Path.DirectorySeparatorChar));

    private static bool HasContent(string path, byte[] content)
    {
        var info = new FileInfo(path);
        return info.Exists && info.Length == content.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(content);
    }

    private static void WriteNew(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(path, options);
        stream.Write(content);
    }
}
