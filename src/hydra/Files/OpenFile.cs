using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Files;

/// <summary>What tells whether a file is still the one that it was: its content may be another when any of this is.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">When it was modified, in ticks of 100 ns since 1970.</param>
/// <param name="Identity">Its number on its file system; 0 where that is not known.</param>
/// <param name="Changed">
/// When anything of it was changed, in ticks as <paramref name="Modified"/>; 0 where that is not known. Copies of builds that are to be the same have the
/// same time of modification, and often the same size, whatever is in them; this time nobody can set.
/// </param>
internal readonly record struct FileMark(long Size, long Modified, ulong Identity, long Changed = 0)
{
    /// <summary>In whole seconds since 1970, as Last-Modified has it.</summary>
    public long ModifiedSeconds => Modified / TimeSpan.TicksPerSecond;
}

/// <summary>A regular file that is open. What is said of it is true of what is read from it, whatever its name leads to by now.</summary>
internal sealed partial class OpenFile : IDisposable
{
    // statx(2) of Linux has one layout on every architecture.
    private const int StatxSize = 256;
    private const int StatxMode = 28;
    private const int StatxIdentity = 32;
    private const int StatxBytes = 40;
    private const int StatxChanged = 96;
    private const int StatxModified = 112;
    private const int EmptyPath = 0x1000;
    private const int BasicStats = 0x7ff;

    private OpenFile(SafeFileHandle handle, in FileMark mark)
    {
        Handle = handle;
        Mark = mark;
    }

    /// <summary>The descriptor.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>What it was when it was opened.</summary>
    public FileMark Mark { get; }

    /// <summary>Takes over a descriptor of Linux.</summary>
    /// <returns>The file; null where it is something else, which is closed, and then <paramref name="isDirectory"/> says more.</returns>
    [UnsupportedOSPlatform("windows")]
    public static OpenFile? TakeOver(int descriptor, out bool isDirectory)
    {
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        isDirectory = false;
        if (TryStat(descriptor, out int mode, out FileMark mark) && (mode & 0xF000) == 0x8000)
        {
            return new OpenFile(handle, mark);
        }

        isDirectory = (mode & 0xF000) == 0x4000;
        handle.Dispose();
        return null;
    }

    /// <summary>Takes over a file that .NET has opened.</summary>
    public static OpenFile TakeOver(SafeFileHandle handle)
        => new(handle, new FileMark(RandomAccess.GetLength(handle), (File.GetLastWriteTimeUtc(handle) - DateTime.UnixEpoch).Ticks, 0));

    /// <summary>Reads all of it.</summary>
    /// <returns>Null where it is not what it was any more.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[]? ReadAll()
    {
        byte[] content = new byte[Mark.Size];
        int count = 0;
        while (count < content.Length && RandomAccess.Read(Handle, content.AsSpan(count), count) is > 0 and var read)
        {
            count += read;
        }

        return count == content.Length && IsUnchanged() ? content : null;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private bool IsUnchanged()
    {
        if (!OperatingSystem.IsLinux())
        {
            return RandomAccess.GetLength(Handle) == Mark.Size && (File.GetLastWriteTimeUtc(Handle) - DateTime.UnixEpoch).Ticks == Mark.Modified;
        }

        return TryStat((int)Handle.DangerousGetHandle(), out _, out FileMark now) && now == Mark;
    }

    [UnsupportedOSPlatform("windows")]
    private static unsafe bool TryStat(int descriptor, out int mode, out FileMark mark)
    {
        byte* buffer = stackalloc byte[StatxSize];
        byte none = 0;
        bool isDone = SystemCall(StatxNumber, descriptor, &none, EmptyPath, BasicStats, buffer) == 0;
        mode = isDone ? *(ushort*)(buffer + StatxMode) : 0;
        mark = isDone
            ? new FileMark(
                *(long*)(buffer + StatxBytes), TicksAt(buffer + StatxModified), *(ulong*)(buffer + StatxIdentity), TicksAt(buffer + StatxChanged))
            : default;
        return isDone;
    }

    // struct statx_timestamp: seconds, and nanoseconds behind them.
    private static unsafe long TicksAt(byte* time) => (*(long*)time * TimeSpan.TicksPerSecond) + (*(uint*)(time + 8) / 100);

    private static nint StatxNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 332,
        Architecture.X86 => 383,
        Architecture.Arm => 397,
        Architecture.S390x => 379,
        Architecture.Ppc64le => 383,
        _ => 291,
    };

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint SystemCall(nint number, nint directory, byte* path, nint flags, nint mask, byte* buffer);
}
