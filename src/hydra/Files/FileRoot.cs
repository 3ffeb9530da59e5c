using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Primitives;

namespace Hydra.Files;

/// <summary>What became of looking for a file.</summary>
internal enum Finding
{
    /// <summary>It is open.</summary>
    File,

    /// <summary>It is a directory.</summary>
    Directory,

    /// <summary>It is not there, or no regular file.</summary>
    Missing,

    /// <summary>It cannot be said without waiting for a disk.</summary>
    WouldWait,

    /// <summary>A link leads out of the root.</summary>
    Outside,

    /// <summary>The server may not read it.</summary>
    Denied,

    /// <summary>It is there, and opening it failed: no descriptors, or a broken disk.</summary>
    Failed,
}

/// <summary>
/// A directory whose files are served. The directory is looked up by its name each time: a deployment that swaps a link to it is seen.
/// Any thread.
/// </summary>
internal sealed partial class FileRoot
{
    // openat2(2) has the same number on every architecture.
    private const int OpenNumber = 437;
    private const int Beneath = 0x08;
    private const int NoMagicLinks = 0x02;
    private const int Cached = 0x20;
    private const int PathOnly = 0x200000;
    private const int NonBlocking = 0x800;
    private const int NoTerminal = 0x100;
    private const int CurrentDirectory = -100;

    private const int NotPermitted = 1;
    private const int Again = 11;
    private const int NoAccess = 13;
    private const int CrossesDevice = 18;
    private const int NotDirectory = 20;
    private const int Invalid = 22;
    private const int NameTooLong = 36;
    private const int NotImplemented = 38;
    private const int TooManyLinks = 40;
    private const int NoDeviceThere = 6;

    private readonly PortableRoot _portable;
    private readonly bool _followsLinks;
    private readonly byte[] _name;
    private volatile bool _isOld = !OperatingSystem.IsLinux();
    private volatile bool _knowsNoCache;

    /// <summary>Describes a root.</summary>
    /// <param name="directory">The directory's absolute path.</param>
    /// <param name="followsLinks">Whether links may lead out of it.</param>
    public FileRoot(string directory, bool followsLinks)
    {
        Directory = directory;
        _followsLinks = followsLinks;
        _name = [.. OddPath.Encode(directory), 0];
        _portable = new PortableRoot(directory, followsLinks);
    }

    /// <summary>The directory.</summary>
    public string Directory { get; }

    /// <summary>Opens a file below the root.</summary>
    /// <param name="path">Its path as <see cref="FilePath"/> has read it, without a slash in front.</param>
    /// <param name="mayWait">Whether a disk may be waited for. Else what is not in memory is <see cref="Finding.WouldWait"/>.</param>
    /// <param name="file">The file, where it is one.</param>
    public Finding Open(string path, bool mayWait, out OpenFile? file)
    {
        file = null;
        if (!mayWait && (_isOld || _knowsNoCache))
        {
            return Finding.WouldWait;
        }

        if (_isOld || OperatingSystem.IsWindows())
        {
            return _portable.Open(path, out file);
        }

        int cached = mayWait ? 0 : Cached;
        int root = Call(CurrentDirectory, _name, PathOnly | NamelessDirectory | LibC.CloseOnExec, cached);
        if (root < 0)
        {
            return OnError(-root, path, mayWait, out file);
        }

        int descriptor = Call(
            root, path.Length == 0 ? ".\0"u8 : [.. OddPath.Encode(path), 0], LibC.CloseOnExec | NonBlocking | NoTerminal,
            cached | (_followsLinks ? 0 : Beneath | NoMagicLinks));
        _ = LibC.Close(root);
        if (descriptor < 0)
        {
            return OnError(-descriptor, path, mayWait, out file);
        }

        file = OpenFile.TakeOver(descriptor, out bool isDirectory);
        return file is not null ? Finding.File : isDirectory ? Finding.Directory : Finding.Missing;
    }

    // O_DIRECTORY differs by architecture; the flag of nameless files has it in it.
    private static int NamelessDirectory => LibC.NamelessFile & ~0x400000;

    [UnsupportedOSPlatform("windows")]
    private Finding OnError(int error, string path, bool mayWait, out OpenFile? file)
    {
        file = null;
        switch (error)
        {
            case Again when !mayWait:
                return Finding.WouldWait;
            case Invalid when !mayWait:
                // A kernel before 5.12.
                _knowsNoCache = true;
                return Finding.WouldWait;
            case NotImplemented:
            case NotPermitted when !_isOld && IsForbidden():
                // A kernel before 5.6, or a container whose rules are older than the call.
                _isOld = true;
                return mayWait ? _portable.Open(path, out file) : Finding.WouldWait;
            case Again:
                // Somebody renames directories at this very moment.
                return _portable.Open(path, out file);
            case LibC.NoSuchEntry or NotDirectory or NameTooLong or TooManyLinks or NoDeviceThere or Invalid:
                return Finding.Missing;
            case CrossesDevice:
                return Finding.Outside;
            case NoAccess or NotPermitted:
                return Finding.Denied;
            default:
                return Finding.Failed;
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static bool IsForbidden()
    {
        int descriptor = Call(CurrentDirectory, "/\0"u8, PathOnly | LibC.CloseOnExec, 0);
        if (descriptor >= 0)
        {
            _ = LibC.Close(descriptor);
        }

        return descriptor < 0;
    }

    // The descriptor, or the negative of errno.
    [UnsupportedOSPlatform("windows")]
    private static unsafe int Call(int directory, ReadOnlySpan<byte> path, int flags, int resolve)
    {
        // struct open_how.
        ulong* how = stackalloc ulong[3] { (ulong)flags, 0, (ulong)resolve };
        fixed (byte* name = path)
        {
            int result = (int)SystemCall(OpenNumber, directory, name, how, 3 * sizeof(ulong));
            return result >= 0 ? result : -Marshal.GetLastPInvokeError();
        }
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint SystemCall(nint number, nint directory, byte* path, ulong* how, nint size);
}
