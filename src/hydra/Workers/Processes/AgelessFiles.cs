namespace Hydra.Workers.Processes;

/// <summary>
/// Keeps files that the server needs for as long as it runs from those who clean temporary directories by age: systemd-tmpfiles takes away
/// what was not touched for 10 days in /tmp and 30 in /var/tmp, tmpreaper what was not read for 7.
/// </summary>
internal static class AgelessFiles
{
    /// <summary>How often that is done. It takes a millisecond, and restores within this time what was removed all the same.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>
    /// All that is in the directory was read just now. Nothing is said to have been written, which would have Python compile its modules again:
    /// a compiled one names the time of its source.
    /// </summary>
    public static void Touch(string directory)
    {
        try
        {
            DateTime now = DateTime.UtcNow;
            foreach (string path in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories))
            {
                File.SetLastAccessTimeUtc(path, now);
            }

            Directory.SetLastAccessTimeUtc(directory, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Something is being removed at this moment. What a worker needs for its start is looked for then.
        }
    }
}
