using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Primitives;

namespace Hydra.Bridge;

/// <summary>The group of processes of this one, in which the program is, with all that it starts and that does not leave it. POSIX only.</summary>
internal static partial class ProcessGroup
{
    // proc(5), counted behind the name, which may have blanks: the state, and the group.
    private const int StateField = 0;
    private const int GroupField = 2;

    /// <summary>Whether this process leads it.</summary>
    public static bool IsOurs { get; private set; }

    /// <summary>Makes a group of this process and of what it will start.</summary>
    public static void Make() => IsOurs = !OperatingSystem.IsWindows() && (SetGroup(0, 0) == 0 || GetGroup() == Environment.ProcessId);

    /// <summary>Signals all of it, this process, too.</summary>
    [UnsupportedOSPlatform("windows")]
    public static void Signal(int signal) => _ = LibC.Kill(-Environment.ProcessId, signal);

    /// <summary>Whether others than this process are in it, and alive. Only Linux tells.</summary>
    public static bool HasOthers()
        => IsOurs && OperatingSystem.IsLinux() && Directory.EnumerateDirectories("/proc").Any(static path => IsOther(Path.GetFileName(path)));

    private static bool IsOther(string name)
    {
        if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int process) || process == Environment.ProcessId)
        {
            return false;
        }

        try
        {
            string stat = File.ReadAllText($"/proc/{name}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[StateField] is not ("Z" or "X") && fields[GroupField] == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return false;
        }
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "setpgid", SetLastError = true)]
    private static partial int SetGroup(int process, int group);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int GetGroup();
}
