using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace Hydra.Primitives;

/// <summary>Who owns a file and what it is: the part of stat(2) that .NET does not tell. POSIX only.</summary>
/// <param name="Owner">The user's number.</param>
/// <param name="RawMode">Kind and permission bits, as in st_mode.</param>
/// <param name="Inode">The file's number on its file system: another file of the same name has another.</param>
[UnsupportedOSPlatform("windows")]
internal readonly unsafe partial record struct FileStatus(uint Owner, uint RawMode, ulong Inode = 0)
{
    // struct statx has one layout on every architecture; the offsets are those of linux/stat.h.
    private const int StatxSize = 256;
    private const int StatxOwner = 20;
    private const int StatxMode = 28;
    private const int StatxInode = 32;
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const int BasicStats = 0x7ff;

    // struct stat of 64-bit Darwin is 144 bytes and begins with st_dev.
    private const int DarwinMode = 4;
    private const int DarwinInode = 8;
    private const int DarwinOwner = 16;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (RawMode & 0xF000) == 0x4000;

    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => (RawMode & 0xF000) == 0x8000;

    /// <summary>Whether it is a symbolic link.</summary>
    public bool IsLink => (RawMode & 0xF000) == 0xA000;

    /// <summary>Whether it is a pipe with a name (FIFO), or one of a shell's <c>&lt;(…)</c>.</summary>
    public bool IsPipe => (RawMode & 0xF000) == 0x1000;

    /// <summary>Whether it is a socket.</summary>
    public bool IsSocket => (RawMode & 0xF000) == 0xC000;

    /// <summary>Only the owner of an entry may rename or delete it.</summary>
    public bool IsSticky => (RawMode & 0x200) != 0;

    /// <summary>Group or others may write.</summary>
    public bool IsWritableByOthers => (RawMode & 0x12) != 0;

    /// <summary>The nine bits for user, group and others.</summary>
    public UnixFileMode Permissions => (UnixFileMode)(RawMode & 0x1FF);

    /// <summary>Reads the status of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="followLinks">Whether a link's target is meant and not the link.</param>
    /// <param name="status">The status.</param>
    /// <returns>0, or errno.</returns>
    public static int Read(string path, bool followLinks, out FileStatus status)
    {
        byte* buffer = stackalloc byte[StatxSize];
        int result;
        if (OperatingSystem.IsLinux())
        {
            byte[] name = [.. Encoding.UTF8.GetBytes(path), 0];
            fixed (byte* pointer = name)
            {
                // The wrapper is missing in older C libraries; the call is in every kernel that .NET runs on.
                result = (int)SystemCall(StatxNumber, CurrentDirectory, pointer, followLinks ? 0 : NoFollow, BasicStats, buffer);
            }

            status = new FileStatus(*(uint*)(buffer + StatxOwner), *(ushort*)(buffer + StatxMode), *(ulong*)(buffer + StatxInode));
        }
        else
        {
            result = ReadDarwin(path, followLinks, buffer);
            status = new FileStatus(*(uint*)(buffer + DarwinOwner), *(ushort*)(buffer + DarwinMode), *(ulong*)(buffer + DarwinInode));
        }

        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    private static nint StatxNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 332,
        Architecture.X86 => 383,
        Architecture.Arm => 397,
        Architecture.S390x => 379,
        Architecture.Ppc64le => 383,

        // The numbers of asm-generic: arm64, riscv64, loongarch64.
        _ => 291,
    };

    private static int ReadDarwin(string path, bool followLinks, byte* buffer)
    {
        // 64-bit inodes are an alternative on x64 and all there is on arm64.
        bool isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        return (isX64, followLinks) switch
        {
            (true, true) => StatusInode64(path, buffer),
            (true, false) => LinkStatusInode64(path, buffer),
            (false, true) => Status(path, buffer),
            (false, false) => LinkStatus(path, buffer),
        };
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint directory, byte* path, nint flags, nint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusInode64(string path, byte* buffer);

    [LibraryImport("libc", EntryPoint = "lstat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkStatusInode64(string path, byte* buffer);

    [LibraryImport("libc", EntryPoint = "stat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(string path, byte* buffer);

    [LibraryImport("libc", EntryPoint = "lstat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkStatus(string path, byte* buffer);
}
