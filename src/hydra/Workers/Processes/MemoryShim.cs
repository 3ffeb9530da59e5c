using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Workers.Processes;

/// <summary>
/// The shim as a zip archive in memory, for a Linux system without any directory to write to: Python runs an archive that has a
/// __main__.py, and imports from it.
/// </summary>
internal sealed partial class MemoryShim : IDisposable
{
    private const uint CloseOnExec = 1;
    private const uint AllowSealing = 2;
    private const uint NoExecute = 8;
    private const int AddSeals = 1033;
    private const int AllSeals = 15;
    private const int GetDumpable = 3;

    private readonly SafeFileHandle _handle;

    private MemoryShim(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    /// <summary>What Python is given.</summary>
    public string Path { get; }

    /// <summary>Makes the archive.</summary>
    /// <returns>Null when the system has no such thing; <paramref name="problem"/> says why.</returns>
    public static MemoryShim? Create(ShimFiles shim, out string problem)
    {
        problem = "memory: only Linux can run files from memory";
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // A worker opens the archive through the front's entry in /proc, so that processes which it starts in turn find it too. A front
        // with capabilities of its own (setcap) has an entry that nobody may open; then the workers inherit the descriptor.
        bool isOpen = ProcessControl(GetDumpable, 0, 0, 0, 0) == 1;
        uint inheritance = isOpen ? CloseOnExec : 0;

        // Kernels from 6.3 on may insist on the flag that older ones do not know.
        int descriptor = CreateMemoryFile("hydra-shim", inheritance | AllowSealing | NoExecute);
        descriptor = descriptor >= 0 ? descriptor : CreateMemoryFile("hydra-shim", inheritance | AllowSealing);
        if (descriptor < 0)
        {
            problem = $"memory: {Marshal.GetLastPInvokeErrorMessage()}";
            return null;
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            RandomAccess.Write(handle, ShimArchive.Create(shim), 0);
            _ = FileControl(descriptor, AddSeals, AllSeals);
            string path = isOpen ? $"/proc/{Environment.ProcessId}/fd/{descriptor}" : $"/proc/self/fd/{descriptor}";
            File.OpenHandle(path).Dispose();
            return new MemoryShim(handle, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            handle.Dispose();
            problem = $"memory: {e.Message}";
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);

    // Variadic in C; on Linux a third integer is passed the same way.
    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int descriptor, int command, int argument);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);
}
