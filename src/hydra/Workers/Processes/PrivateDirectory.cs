using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>
/// Directories that nobody else can read or change: mode 0700, made by us, in a place where others cannot put something in their stead.
/// On Windows the access list of the user's profile does all this.
/// </summary>
internal static class PrivateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const uint OwnerOnlyBits = 0x1C0;
    private const uint Root = 0;

    /// <summary>Checks, or makes, the directory in which a private one is wanted.</summary>
    /// <returns>Null, or why it cannot be used.</returns>
    public static string? PreparePlace(PrivatePlace place)
    {
        try
        {
            if (place.IsMade && !Directory.Exists(place.Path))
            {
                MakeParents(place.Path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }

        if (OperatingSystem.IsWindows())
        {
            return Directory.Exists(place.Path) ? null : "there is no such directory";
        }

        int error = FileStatus.Read(place.Path, followLinks: true, out FileStatus status);
        if (error != 0)
        {
            return Marshal.GetPInvokeErrorMessage(error);
        }

        if (!status.IsDirectory)
        {
            return "it is no directory";
        }

        // Somebody who may rename entries there could put a directory of his own where ours was.
        return place.IsChosen || IsSafe(status)
            ? null
            : $"others could replace what is put there (owner {status.Owner}, mode {Octal(status)})";
    }

    /// <summary>Makes a place again that was there when the server started.</summary>
    /// <exception cref="IOException">That is not possible.</exception>
    /// <exception cref="UnauthorizedAccessException">That is not allowed.</exception>
    public static void RestorePlace(PrivatePlace place)
    {
        if (!OperatingSystem.IsWindows() && !Directory.Exists(place.Path))
        {
            Directory.CreateDirectory(place.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Checks that a directory which exists is ours alone.</summary>
    /// <returns>Null, or why it cannot be trusted.</returns>
    public static string? Check(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        int error = FileStatus.Read(path, followLinks: false, out FileStatus status);
        if (error != 0)
        {
            return Marshal.GetPInvokeErrorMessage(error);
        }

        return status switch
        {
            { IsLink: true } => $"{path} is a symbolic link",
            { IsDirectory: false } => $"{path} is no directory",
            _ when status.Owner != LibC.GetEffectiveUser() => $"{path} belongs to somebody else (user {status.Owner})",
            _ when status.Permissions != OwnerOnly => $"{path} has mode {Octal(status)} and not 0700",
            _ => null,
        };
    }

    /// <summary>Makes a directory that did not exist.</summary>
    /// <returns>Null, or why that failed.</returns>
    public static string? Create(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                if (Directory.Exists(path) || File.Exists(path))
                {
                    return "it exists";
                }

                Directory.CreateDirectory(path);
                return null;
            }

            // mkdir(2) itself, because Directory.CreateDirectory is content with a directory that somebody else has made.
            if (LibC.MakeDirectory(path, OwnerOnlyBits) != 0)
            {
                return Marshal.GetLastPInvokeErrorMessage();
            }

            // A strange umask may have taken bits away.
            File.SetUnixFileMode(path, OwnerOnly);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>Deletes a directory of ours, as far as that works.</summary>
    public static void Delete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is in a place that is cleaned by somebody some day.
        }
    }

    private static void MakeParents(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static bool IsSafe(FileStatus status)
        => (status.Owner == Root || status.Owner == LibC.GetEffectiveUser()) && (!status.IsWritableByOthers || status.IsSticky);

    [UnsupportedOSPlatform("windows")]
    private static string Octal(FileStatus status) => "0" + Convert.ToString(status.RawMode & 0xFFF, 8);
}
