using Hydra.Primitives;
using Hydra.Workers.Processes;

namespace Hydra.Hosting;

/// <summary>The directory that the server works in, and those that its options name.</summary>
internal static class StartDirectory
{
    /// <summary>Goes to the directory of --chdir.</summary>
    /// <param name="wanted">The directory; null to stay.</param>
    /// <param name="shell">What the user's shell calls the directory that this process has, perhaps: see <see cref="StartedAs.Directory"/>.</param>
    /// <returns>
    /// The working directory as the user named it, absolute. A link in it is not followed: releases are often switched by pointing a
    /// link to another directory, and each worker starts in what the name means then.
    /// </returns>
    /// <exception cref="StartException">It is missing or must not be entered.</exception>
    public static string Enter(string? wanted, string shell)
    {
        string working = OddPath.HereBy(shell);
        if (wanted is { } directory)
        {
            try
            {
                Directory.SetCurrentDirectory(OddPath.Full(directory));
                working = Path.GetFullPath(directory, working);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StartException($"cannot change to the directory {directory}: {Reason(directory)}");
            }
        }

        return working;
    }

    /// <summary>Checks the directory of --app-dir, or the archive that stands for one.</summary>
    /// <param name="directory">The directory; empty for the working directory.</param>
    /// <exception cref="StartException">It is missing or cannot be read.</exception>
    public static void CheckApplication(string directory)
    {
        if (directory.Length == 0)
        {
            return;
        }

        try
        {
            string path = OddPath.Full(directory);
            if (IsArchive(path, directory))
            {
                using FileStream archive = File.OpenRead(path);
                return;
            }

            _ = Directory.EnumerateFileSystemEntries(path).Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"the directory of the application, {directory}, cannot be read: {Reason(directory)}");
        }
    }

    /// <summary>What a directory's name means now: its path without links.</summary>
    /// <exception cref="WorkerStartException">There is no such directory, or it is out of reach.</exception>
    public static string Resolve(string directory, string what) => Resolve(directory, what, static path => Directory.Exists(OddPath.Reach(path)));

    /// <summary>The same for the application's directory, which may be an archive.</summary>
    /// <exception cref="WorkerStartException">There is no such directory, or it is out of reach.</exception>
    public static string ResolveApplication(string directory)
        => Resolve(directory, "directory of the application", static path => OddPath.Reach(path) is var reached && (Directory.Exists(reached) || IsArchive(reached, path)));

    // Python imports from a zip archive as from a directory; known by its name, for it may begin with a line for the shell (zipapp).
    private static bool IsArchive(string path, string name)
        => Path.GetExtension(name).ToLowerInvariant() is ".zip" or ".pyz" or ".pyzw" or ".whl" or ".egg" && File.Exists(path);

    private static string Resolve(string directory, string what, Func<string, bool> exists)
    {
        string? resolved = OperatingSystem.IsWindows() ? directory : LibC.ResolvePath(directory);
        return resolved is not null && exists(resolved)
            ? resolved
            : throw new WorkerStartException($"the {what}, {directory}, cannot be used: {Reason(directory)}");
    }

    private static string Reason(string directory)
    {
        string path = OddPath.Full(directory);
        return Directory.Exists(path) ? "permission denied"
            : File.Exists(path) ? "it is a file"
            : "there is no such directory";
    }
}
