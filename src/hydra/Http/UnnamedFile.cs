using System.Runtime.Versioning;
using Hydra.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Http;

/// <summary>
/// Files that only their opener can reach, and that are gone when it is: without a name from the start on Linux (O_TMPFILE), else with an
/// unguessable one that is removed at once, mode 0600; on Windows deleted on close, below the user's profile.
/// </summary>
internal static class UnnamedFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnly | UnixFileMode.UserExecute;
    private const uint OwnerOnlyBits = 0x180;

    /// <summary>Opens an empty file for reading and writing in a directory, which is made when it is missing.</summary>
    /// <returns>Null when that is not possible, with the reason.</returns>
    public static SafeFileHandle? TryOpen(string directory, out string reason)
    {
        reason = "";
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(directory);
                return File.OpenHandle(NewPath(directory), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None,
                    FileOptions.DeleteOnClose | FileOptions.Asynchronous);
            }

            Directory.CreateDirectory(directory, OwnerOnlyDirectory);
            return OperatingSystem.IsLinux() && TryOpenNameless(directory) is { } handle ? handle : OpenAndUnlink(NewPath(directory));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reason = e.Message;
            return null;
        }
    }

    private static string NewPath(string directory) => Path.Combine(directory, $"hydra-body-{Environment.ProcessId}-{Guid.NewGuid():n}");

    // Not every file system has it; what else goes wrong will go wrong again with a name, and is reported then.
    [UnsupportedOSPlatform("windows")]
    private static SafeFileHandle? TryOpenNameless(string directory)
    {
        int descriptor = LibC.OpenWithMode(directory, LibC.ReadWrite | LibC.CloseOnExec | LibC.NamelessFile, OwnerOnlyBits);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [UnsupportedOSPlatform("windows")]
    private static SafeFileHandle OpenAndUnlink(string path)
    {
        // File.OpenHandle cannot say the mode. The stream gives its handle away and is not used: disposing of it would close the handle,
        // its finalizer does not.
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            UnixCreateMode = OwnerOnly,
        });
        File.Delete(path);
        return stream.SafeFileHandle;
    }
}
