using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Primitives;

/// <summary>
/// The calls of the C library about files, descriptors and processes that more than one place needs and .NET has no equal for. POSIX only,
/// and the compiler refuses what Windows could come to; errors are in errno. What a single place needs is declared there; the event loops' calls have a file of
/// their own in their ring.
/// </summary>
internal static partial class LibC
{
    public const int ReadWrite = 2;
    public const int CloseOnExec = 0x80000;
    public const int GetDescriptorFlags = 1;
    public const int ExecuteAccess = 1;

    public const int NoSuchEntry = 2;
    public const int NoSuchProcess = 3;
    public const int BadDescriptor = 9;
    public const int Exists = 17;

    /// <summary>SIGKILL.</summary>
    public const int SigKill = 9;

    /// <summary>O_TMPFILE of Linux: __O_TMPFILE with the architecture's O_DIRECTORY.</summary>
    public static int NamelessFile => 0x400000
        | (RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x4000 : 0x10000);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUser();

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(string path, uint mode);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "umask")]
    public static partial uint SetUmask(uint mask);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int Wait(int process, out int status, int options);

    // Variadic in C; without further arguments the call is the same on every platform.
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FileControl(int descriptor, int command);

    /// <summary>The path without links, or null when it does not exist or is out of reach. Both may be odd: see <see cref="OddPath"/>.</summary>
    [UnsupportedOSPlatform("windows")]
    public static string? ResolvePath(string path)
    {
        nint resolved = RealPath([.. OddPath.Encode(path), 0], 0);
        if (resolved == 0)
        {
            return null;
        }

        string text = OddPath.Read(resolved);
        Free(resolved);
        return text;
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true)]
    private static partial nint RealPath(byte[] path, nint buffer);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint pointer);

    // Variadic in C; FIOCLEX takes no argument, so that the call is the same on every platform.
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int DeviceControl(int descriptor, nuint request);

    /// <summary>Closes the descriptor in processes that are started from now on.</summary>
    /// <returns>0, or -1 when there is no such descriptor.</returns>
    [UnsupportedOSPlatform("windows")]
    public static int SetCloseOnExec(int descriptor) => DeviceControl(descriptor, OperatingSystem.IsMacOS() ? 0x20006601u : 0x5451u);

    // Variadic in C; Linux passes the third argument as it passes any other. Not for macOS.
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int DeviceControl(int descriptor, nuint request, in int argument);

    /// <summary>Has calls on the descriptor wait, which was opened without (FIONBIO). Linux only.</summary>
    /// <returns>0, or -1 when there is no such descriptor.</returns>
    [UnsupportedOSPlatform("windows")]
    public static int SetBlocking(int descriptor) => DeviceControl(descriptor, 0x5421u, 0);

    /// <summary>Says that a part of a file will be read soon: the kernel brings it into memory, and nobody waits. Linux only; elsewhere nothing.</summary>
    public static void WillRead(SafeHandle file, long offset, long length)
    {
        const int Soon = 3;
        if (OperatingSystem.IsLinux())
        {
            _ = Advise(file, offset, length, Soon);
        }
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeHandle file, long offset, long length, int advice);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    /// <summary>The same for a path as bytes, with its NUL. Linux only.</summary>
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte[] path, int flags);

    /// <summary>Makes a number stand for what a descriptor stands for, in one step. Linux only.</summary>
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "dup3", SetLastError = true)]
    public static partial int Duplicate(int descriptor, int number, int flags);

    /// <summary>Makes a number stand for what a descriptor stands for; processes that are started have it, too.</summary>
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    public static partial int Duplicate(int descriptor, int number);

    // Variadic in C; Linux passes the third argument as it passes any other. Not for macOS.
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenWithMode(string path, int flags, uint mode);
}
