using System.Runtime.InteropServices;

namespace Hydra.Primitives;

/// <summary>The calls of the C library about files and processes that .NET has no equal for. POSIX only; errors are in errno.</summary>
internal static partial class LibC
{
    public const int ReadWrite = 2;
    public const int GetDescriptorFlags = 1;
    public const int ExecuteAccess = 1;

    public const int NoSuchEntry = 2;
    public const int NoSuchProcess = 3;
    public const int BadDescriptor = 9;
    public const int Exists = 17;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    // Variadic in C; without further arguments the call is the same on every platform.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FileControl(int descriptor, int command);

    /// <summary>The path without links, or null when it does not exist or is out of reach.</summary>
    public static string? ResolvePath(string path)
    {
        nint resolved = RealPath(path, 0);
        if (resolved == 0)
        {
            return null;
        }

        string text = Marshal.PtrToStringUTF8(resolved)!;
        Free(resolved);
        return text;
    }

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RealPath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint pointer);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);
}
