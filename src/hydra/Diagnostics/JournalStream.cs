namespace Hydra.Diagnostics;

/// <summary>Whether standard error is the journal's, as systemd says by a variable (systemd.exec(5), $JOURNAL_STREAM).</summary>
internal static class JournalStream
{
    /// <summary>Whether it is.</summary>
    /// <param name="variable">JOURNAL_STREAM: the device and the inode of the stream, or null. A child that has other streams may have inherited it.</param>
    public static bool IsError(string? variable)
    {
        if (variable is null || !OperatingSystem.IsLinux())
        {
            return false;
        }

        int colon = variable.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && LinkOf("/proc/self/fd/2") == $"socket:[{variable[(colon + 1)..]}]";
    }

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
