using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers.Processes;

/// <summary>
/// Names runtime directories, and removes those of servers that were killed. A name carries the server's process id, and a file inside is
/// locked as long as the server lives: the id alone would mislead where containers share a directory, since each counts from 1.
/// </summary>
internal static class StaleDirectories
{
    private const string Prefix = "hydra-run-";
    private const string LockName = "lock";

    // Between the making of a directory and of its lock there are microseconds, and never this much.
    private static readonly TimeSpan LocklessAge = TimeSpan.FromHours(1);

    /// <summary>A name for this process's directory that nobody can guess.</summary>
    public static string NewPath(string place)
        => Path.Combine(place, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}");

    /// <summary>Takes the lock that says that the server lives.</summary>
    public static FileStream HoldLock(string directory)
        => new(Path.Combine(directory, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1);

    /// <summary>Removes what is ours and stale in a place.</summary>
    public static void Remove(string place, ILogger logger)
    {
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(place, Prefix + "*"))
            {
                if (IsStale(directory))
                {
                    PrivateDirectory.Delete(directory);
                    ProcessesLog.StaleDirectoryRemoved(logger, directory);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A place that cannot be listed may still be one to make a directory in.
        }
    }

    private static bool IsStale(string directory)
    {
        string[] parts = Path.GetFileName(directory)[Prefix.Length..].Split('-');
        bool isNamed = parts.Length == 2 & int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int pid);
        if (!isNamed || IsAlive(pid) || PrivateDirectory.Check(directory) is not null)
        {
            return false;
        }

        string path = Path.Combine(directory, LockName);
        if (!File.Exists(path))
        {
            return Directory.GetLastWriteTimeUtc(directory) < DateTime.UtcNow - LocklessAge;
        }

        try
        {
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsAlive(int pid)
    {
        if (pid == Environment.ProcessId)
        {
            // A directory of an earlier process with our number, unless it is locked.
            return false;
        }

        if (!OperatingSystem.IsWindows())
        {
            return LibC.Kill(pid, 0) == 0 || Marshal.GetLastPInvokeError() != LibC.NoSuchProcess;
        }

        try
        {
            using var process = Process.GetProcessById(pid);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
