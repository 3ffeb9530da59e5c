using System.Runtime.Versioning;
using Hydra.Primitives;

namespace Hydra.Hosting;

/// <summary>Finds the executable again that this process was started from: by the same name, which may lead to another file by now.</summary>
internal static class Executable
{
    /// <summary>Where the executable is now, by the name and from the directory that it was started by.</summary>
    /// <returns>Null when there is none.</returns>
    public static byte[]? Find(StartedAs started)
    {
        if (OperatingSystem.IsWindows())
        {
            // An executable that runs cannot be replaced there: its path leads to it still.
            return Environment.ProcessPath is { } running ? OddPath.Encode(running) : null;
        }

        string name = started.Arguments.Count > 0 ? OddPath.Decode(started.Arguments[0]) : "";
        string? path = name.Contains('/', StringComparison.Ordinal) ? Path.Combine(started.Directory, name) : OnPath(name, started);
        if (path is null || !IsExecutable(path))
        {
            // The name was made up by whoever started it. Linux appends a note to the path of a file that was removed.
            path = Environment.ProcessPath;
            path = path?.EndsWith(" (deleted)", StringComparison.Ordinal) == true ? path[..^" (deleted)".Length] : path;
        }

        return path is not null && IsExecutable(path) ? OddPath.Encode(path) : null;
    }

    [UnsupportedOSPlatform("windows")]
    private static string? OnPath(string name, StartedAs started)
        => name.Length == 0 ? null
            : started.VariablesByName.GetValueOrDefault("PATH", "").Split(':')
                .Select(directory => Path.Combine(started.Directory, directory, name))
                .FirstOrDefault(IsExecutable);

    [UnsupportedOSPlatform("windows")]
    private static bool IsExecutable(string path) => OddPath.Reach(path) is var reached && File.Exists(reached) && LibC.Access(reached, LibC.ExecuteAccess) == 0;
}
