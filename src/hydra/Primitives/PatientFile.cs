namespace Hydra.Primitives;

/// <summary>Reads files of which some are pipes: one that nobody writes to would be waited for without end.</summary>
internal static class PatientFile
{
    // What a shell's <(…) computes comes within that.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="patience">How long a pipe is waited for; null for ten seconds.</param>
    /// <exception cref="IOException">It is a pipe to which nobody writes, or cannot be read.</exception>
    public static T Read<T>(string path, Func<string, T> read, TimeSpan? patience = null)
    {
        if (OperatingSystem.IsWindows() || FileStatus.Read(path, followLinks: true, out FileStatus status) != 0 || !status.IsPipe)
        {
            return read(path);
        }

        // Nothing ends a call that waits for a writer: its thread stays, and ends with the process.
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = read(path);
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        {
            IsBackground = true,
            Name = "pipe",
        };
        thread.Start();
        return !thread.Join(patience ?? Patience) ? throw new IOException("it is a pipe, and nobody writes to it.")
            : failure is null ? result
            : throw failure;
    }
}
