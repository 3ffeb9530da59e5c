using Hydra.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Files;

/// <summary>
/// Opens files below a directory by what every platform has: each part of the path has to be there under exactly this name, so that file
/// systems to which letters are all the same give no file a second name; and no link may lead out of the directory. Any thread.
/// </summary>
/// <remarks>
/// Between the look at a link and the opening somebody who may write there can put another in its place. Linux has openat2(2) against that;
/// here it takes somebody who has the server's files in his hands already.
/// </remarks>
/// <param name="directory">The directory's absolute path.</param>
/// <param name="followsLinks">Whether links may lead out of it.</param>
internal sealed class PortableRoot(string directory, bool followsLinks)
{
    private static readonly EnumerationOptions Exactly = new()
    {
        MatchCasing = MatchCasing.CaseSensitive,
        MatchType = MatchType.Simple,
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
    };

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path as <see cref="FilePath"/> has read it, without a slash in front.</param>
    /// <param name="file">The file, where it is one.</param>
    public Finding Open(string path, out OpenFile? file)
    {
        file = null;
        try
        {
            Finding found = Look(path.TrimEnd('/'), out string full);
            if (found is not Finding.File)
            {
                return found;
            }

            if (!OperatingSystem.IsWindows())
            {
                // Opening a FIFO waits for who writes to it.
                if (FileStatus.Read(full, followLinks: true, out FileStatus status) != 0 || !status.IsRegular)
                {
                    return Finding.Missing;
                }
            }

            SafeFileHandle handle = File.OpenHandle(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file = OpenFile.TakeOver(handle);
            return Finding.File;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or ArgumentException or NotSupportedException or PathTooLongException)
        {
            return Finding.Missing;
        }
        catch (UnauthorizedAccessException)
        {
            return Finding.Denied;
        }
        catch (IOException)
        {
            return Finding.Failed;
        }
    }

    private Finding Look(string path, out string full)
    {
        // The root may be a link itself.
        string root = new DirectoryInfo(directory).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? directory;
        full = root;
        if (!Directory.Exists(root))
        {
            return Finding.Missing;
        }

        FileSystemInfo? entry = null;
        foreach (string part in path.Length == 0 ? [] : path.Split('/'))
        {
            if (part.AsSpan().ContainsAny("*?") || (entry is not null and not DirectoryInfo))
            {
                return Finding.Missing;
            }

            entry = new DirectoryInfo(full).EnumerateFileSystemInfos(part, Exactly).FirstOrDefault();
            if (entry is null)
            {
                return Finding.Missing;
            }

            if (entry.LinkTarget is not null)
            {
                entry = entry.ResolveLinkTarget(returnFinalTarget: true);
                if (entry is null || (!entry.Exists && !Path.Exists(entry.FullName)))
                {
                    return Finding.Missing;
                }

                string target = LibCResolve(entry.FullName);
                if (!followsLinks && !IsBelow(LibCResolve(root), target))
                {
                    return Finding.Outside;
                }

                entry = Directory.Exists(target) ? new DirectoryInfo(target) : new FileInfo(target);
            }

            full = entry.FullName;
        }

        return entry is null or DirectoryInfo ? Finding.Directory : Finding.File;
    }

    private static string LibCResolve(string path) => OperatingSystem.IsWindows() ? path : LibC.ResolvePath(path) ?? path;

    private static bool IsBelow(string root, string path)
        => path.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
