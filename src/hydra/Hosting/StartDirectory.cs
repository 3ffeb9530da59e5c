using Hydra.Configuration;

namespace Hydra.Hosting;

/// <summary>The directory that the server works in.</summary>
internal static class StartDirectory
{
    /// <summary>Goes to the directory of --chdir, and checks the one of --app-dir.</summary>
    /// <exception cref="StartException">One of them is missing or must not be entered.</exception>
    public static void Enter(HydraOptions options)
    {
        if (options.WorkingDirectory is { } directory)
        {
            try
            {
                Directory.SetCurrentDirectory(directory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StartException($"cannot change to the directory {directory}: {Reason(directory)}");
            }
        }

        if (options.AppDir.Length > 0)
        {
            Check(options.AppDir);
        }
    }

    private static void Check(string directory)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(directory).Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"the directory of the application, {directory}, cannot be read: {Reason(directory)}");
        }
    }

    private static string Reason(string directory)
        => Directory.Exists(directory) ? "permission denied"
            : File.Exists(directory) ? "it is a file"
            : "there is no such directory";
}
