using System.Globalization;
using System.Text;
using Hydra.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Hosting;

/// <summary>
/// The file that holds the process id of the server. As long as the server runs it keeps a lock on it, by which another that is given the same
/// file knows: a number alone may be a dead server's, and some other process's by now, as after each start of a container.
/// </summary>
/// <param name="path">Its path; null where none was asked for.</param>
internal sealed class PidFile(string? path) : IDisposable
{
    // Absolute, from its first use on: that is in the directory of --chdir.
    private string? _path;

    // What has the lock; null as long as the file is not ours.
    private SafeFileHandle? _held;

    private static string Content => string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n");

    /// <summary>Makes sure that the file is no running server's.</summary>
    /// <exception cref="StartException">It is.</exception>
    public void Claim()
    {
        if (Resolve() is not { } file || !File.Exists(file))
        {
            return;
        }

        CheckKind(file);
        if (PidLock.IsTaken(file))
        {
            throw new StartException(
                $"the file of --pid, {file}, is that of a server that is running ({ReadHolder(file)}): stop that one first, or give this one another file");
        }
    }

    /// <summary>
    /// Writes our process id in the place of what is there, at once as a whole. <see cref="Claim"/> comes before, unless the server whose file it
    /// is gives it to us.
    /// </summary>
    /// <exception cref="StartException">It cannot be written.</exception>
    public void Write()
    {
        if (Resolve() is not { } file)
        {
            return;
        }

        CheckKind(file);
        try
        {
            _held = WriteBeside(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"the file of --pid, {file}, cannot be written: {FileTrouble.OfWriting(e, file)}");
        }
    }

    /// <summary>Removes the file if it was written, unless it is another server's by now.</summary>
    public void Remove()
    {
        try
        {
            if (_held is not null && File.ReadAllText(_path!) == Content)
            {
                File.Delete(_path!);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not there any more, or nobody may touch it.
        }
    }

    /// <summary>Gives up the lock.</summary>
    public void Dispose() => _held?.Dispose();

    private string? Resolve() => path is null ? null : _path ??= OddPath.Full(path);

    // The file takes the place of what is there: a device, a pipe or a socket, or a link to one, would be no more, and neither would a file that
    // somebody has named by mistake. Of a link that leads to a file only the link is lost.
    private static void CheckKind(string path)
    {
        if (!OperatingSystem.IsWindows() && FileStatus.Read(path, followLinks: true, out FileStatus status) == 0 && !status.IsRegular && !status.IsDirectory)
        {
            throw new StartException($"the file of --pid cannot be written: {path} is no regular file");
        }

        if (new FileInfo(path).LinkTarget is null && ReadSome(path).AsSpan().Trim().ContainsAnyExceptInRange('0', '9'))
        {
            throw new StartException($"the file of --pid cannot be written: {path} is there already, and holds something else than a process id");
        }
    }

    private static string ReadHolder(string path)
    {
        string text = ReadSome(path).Trim();
        return text.Length > 0 && text.All(char.IsAsciiDigit) ? $"process {text}" : "its process is unknown";
    }

    // As much as a number may have, and a little more; empty where it cannot be read. With a share that lets a server keep its lock.
    private static string ReadSome(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            var buffer = new char[24];
            return new string(buffer, 0, reader.ReadBlock(buffer, 0, buffer.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // Under a name that nobody can guess and only if that is new: in a directory where others may write, a link of theirs would have us
    // write to a file of ours that they choose.
    private static SafeFileHandle WriteBeside(string path)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}";
        SafeFileHandle? held = null;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(Encoding.ASCII.GetBytes(Content));
            }

            held = PidLock.Take(temporary);
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
