using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Hosting;

/// <summary>
/// The lock that a running server has on its pid file. On Linux one for writing (F_OFD_SETLK): whoever may only read the file can neither take it nor have
/// a server that is gone look as if it ran. Elsewhere what .NET has.
/// </summary>
internal static partial class PidLock
{
    // Others may read the file, and replace it: an upgrade does. Where there are no shares (macOS), this is a shared lock (flock).
    private const FileShare Shared = FileShare.Read | FileShare.Delete;

    private const int SetOfDescription = 37;
    private const short ForReading = 0;
    private const short ForWriting = 1;

    /// <summary>Takes the lock on a file that nobody else knows yet. It lasts until the handle is closed, or the process has ended.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafeFileHandle Take(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, Shared);
        }

        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

        // Not every file system has locks; then a second server is not noticed.
        _ = TrySet(handle, ForWriting);
        return handle;
    }

    /// <summary>Whether a running server has the lock on this file.</summary>
    public static bool IsTaken(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            int descriptor = LibC.Open(path, LibC.CloseOnExec);
            using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
            return descriptor >= 0 && !TrySet(handle, ForReading);
        }

        try
        {
            File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
            return false;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            // Whether it can be replaced is seen when it is.
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    // False only where another has it.
    [UnsupportedOSPlatform("windows")]
    private static bool TrySet(SafeFileHandle handle, short type)
    {
        const int tryAgain = 11;
        var region = new Region { Type = type };
        return Control(handle, SetOfDescription, ref region) == 0 || Marshal.GetLastPInvokeError() != tryAgain;
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle descriptor, int command, ref Region region);

    // struct flock of 64-bit Linux: all of the file.
    [StructLayout(LayoutKind.Sequential)]
    private struct Region
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
