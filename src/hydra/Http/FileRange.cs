using System.Runtime.InteropServices;
using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Http;

/// <summary>A part of a file that a response has in the place of bytes.</summary>
internal sealed class FileRange
{
    // O_NONBLOCK: a FIFO that somebody has put in the file's place would keep a thread for ever.
    private const int NoWaiting = 0x800;
    private const int NoSuchFile = 2;
    private const int NoDirectory = 20;

    private readonly byte[] _path;

    /// <summary>Keeps what a message says.</summary>
    public FileRange(in FileMessage message)
    {
        _path = message.Path.ToArray();
        Offset = message.Offset;
        Length = message.Length == ulong.MaxValue ? null : message.Length;
    }

    /// <summary>Where it begins, in bytes.</summary>
    public ulong Offset { get; }

    /// <summary>How many bytes it has at most; null for all up to the end of the file.</summary>
    public ulong? Length { get; }

    /// <summary>The file's name, for the log.</summary>
    public string Name => ControlText.Escape(OddPath.Decode(_path));

    /// <summary>Opens the file.</summary>
    /// <exception cref="ResponseFailedException">It is not there, nobody may read it, or it is no regular file.</exception>
    public SafeFileHandle Open()
    {
        if (!OperatingSystem.IsLinux())
        {
            return OpenByName();
        }

        int descriptor = LibC.Open([.. _path, 0], LibC.CloseOnExec | NoWaiting);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw error is NoSuchFile or NoDirectory ? Missing() : Unreadable(Marshal.GetPInvokeErrorMessage(error));
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FileStatus.Read(FormattableString.Invariant($"/proc/self/fd/{descriptor}"), followLinks: true, out FileStatus status) == 0 && !status.IsRegular)
        {
            handle.Dispose();
            throw Unreadable("it is no regular file");
        }

        return handle;
    }

    private SafeFileHandle OpenByName()
    {
        try
        {
            return File.OpenHandle(OddPath.Decode(_path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Unreadable(e.Message);
        }
    }

    private ResponseFailedException Missing() => new($"there is no file {Name}", Failure.FileMissing);

    private ResponseFailedException Unreadable(string reason) => new($"the file {Name} cannot be read: {reason}", Failure.BadResponse);
}
