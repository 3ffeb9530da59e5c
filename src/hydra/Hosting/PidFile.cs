using System.Globalization;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Hosting;

/// <summary>
/// The file that holds the process id of the server. As long as the server runs it keeps a lock on it, by which another that is given the same
/// file knows: a number alone may be a dead server's, and some other process's by now, as after each start of a container.
/// </summary>
/// <param name="path">Its path; null where none was asked for.</param>
internal sealed class PidFile(string? path) : IDisposable
{
    // Others may read the file, and replace it: an upgrade does. Where there are no shares (Unix), this is a shared lock (flock).
    private const FileShare Shared = FileShare.Read | FileShare.Delete;

    // What has the lock; null as long as the file is not ours.
    private FileStream? _held;

    private static string Content => string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n");

    /// <summary>Makes sure that the file is no running server's.</summary>
    /// <exception cref="StartException">It is.</exception>
    public void Claim()
    {
        if (path is null || !File.Exists(path))
        {
            return;
        }

        CheckKind(path);

        try
        {
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            // Whether it can be replaced is seen when it is.
        }
        catch (IOException)
        {
            throw new StartException(
                $"the file of --pid, {path}, is that of a server that is running ({ReadHolder(path)}): stop that one first, or give this one another file");
        }
    }

    /// <summary>
    /// Writes our process id in the place of what is there, at once as a whole. <see cref="Claim"/> comes before, unless the server whose file it
    /// is gives it to us.
    /// </summary>
    /// <exception cref="StartException">It cannot be written.</exception>
    public void Write()
    {
        if (path is null)
        {
            return;
        }

        CheckKind(path);
        try
        {
            _held = WriteBeside(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"the file of --pid cannot be written: {e.Message}");
        }
    }

    /// <summary>Removes the file if it was written, unless it is another server's by now.</summary>
    public void Remove()
    {
        try
        {
            if (_held is not null && File.ReadAllText(path!) == Content)
            {
                File.Delete(path!);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not there any more, or nobody may touch it.
        }
    }

    /// <summary>Gives up the lock.</summary>
    public void Dispose() => _held?.Dispose();

    // A device, a pipe or a socket, or a link to one, would be no more: the file takes the place of what is there.
    private static void CheckKind(string path)
    {
        if (!OperatingSystem.IsWindows() && FileStatus.Read(path, followLinks: true, out FileStatus status) == 0 && !status.IsRegular && !status.IsDirectory)
        {
            throw new StartException($"the file of --pid cannot be written: {path} is no regular file");
        }
    }

    private static string ReadHolder(string path)
    {
        try
        {
            // As the lock of a server that runs: with it the content may be read.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, Shared);
            using var reader = new StreamReader(stream);
            var buffer = new char[20];
            string text = new string(buffer, 0, reader.ReadBlock(buffer, 0, buffer.Length)).Trim();
            return text.Length > 0 && text.All(char.IsAsciiDigit) ? $"process {text}" : "its process is unknown";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "its process is unknown";
        }
    }

    // Under a name that nobody can guess and only if that is new: in a directory where others may write, a link of theirs would have us
    // write to a file of ours that they choose.
    private static FileStream WriteBeside(string path)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}";
        FileStream? held = null;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(Encoding.ASCII.GetBytes(Content));
            }

            held = new FileStream(temporary, FileMode.Open, FileAccess.Read, Shared);
            File.Move(temporary, path, overwrite: true);
            return held;
        }
        catch
        {
            held?.Dispose();
            File.Delete(temporary);
            throw;
        }
    }
}
