using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>
/// Finds the program of a command as execvp does: what has a slash is a path, anything else is on PATH. Not as .NET does it, which looks beside the server
/// and in the working directory first.
/// </summary>
internal static class ProgramLocator
{
    /// <summary>Looks for it; nothing is run.</summary>
    /// <param name="name">The first word of the command.</param>
    /// <param name="workingDirectory">The directory that relative paths start from.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="isWindows">Windows has another PATH, and names end with .exe.</param>
    /// <param name="problem">What is wrong, a sentence for the user; empty where nothing is.</param>
    /// <returns>The path, absolute, or null.</returns>
    public static string? Find(string name, string workingDirectory, IReadOnlyDictionary<string, string> environment, bool isWindows, out string problem)
    {
        string file = isWindows && !Path.HasExtension(name) ? name + ".exe" : name;
        bool isPath = name.Contains('/', StringComparison.Ordinal) || (isWindows && name.Contains('\\', StringComparison.Ordinal));
        string[] directories = isPath ? [""] : environment.GetValueOrDefault("PATH", "").Split(isWindows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries);
        string? found = directories.Select(directory => Path.GetFullPath(Path.Combine(directory, file), workingDirectory)).FirstOrDefault(IsExecutable);
        problem = found is not null ? ""
            : !isPath ? $"there is no program \"{name}\" on PATH to start as a worker."
            : File.Exists(OddPath.Reach(Path.GetFullPath(file, workingDirectory))) ? $"the program \"{name}\" is not an executable file, or not for this user."
            : $"the program \"{name}\" that is to be the worker does not exist.";
        return found;
    }

    /// <summary>Whether there is a file that this user may run.</summary>
    /// <param name="path">Its path, absolute.</param>
    public static bool IsExecutable(string path)
        => OddPath.Reach(path) is var reached && File.Exists(reached) && (OperatingSystem.IsWindows() || LibC.Access(reached, LibC.ExecuteAccess) == 0);
}
