using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Hosting;

/// <summary>
/// Tells a hang-up of the terminal that the server was started from, which ends it as it ends other programs, from a SIGHUP that somebody
/// sends, which reloads. POSIX only.
/// </summary>
/// <param name="hadTerminal">Whether a standard stream was a terminal at the start.</param>
/// <param name="ignoresHangup">Whether SIGHUP was ignored at the start, as by nohup.</param>
/// <param name="hasTerminal">Whether a standard stream is one now: after a hang-up the kernel says that it is not.</param>
internal sealed partial class Terminal(bool hadTerminal, bool ignoresHangup, Func<bool> hasTerminal)
{
    /// <summary>Whether the terminal is gone, and the server with it.</summary>
    public bool HasHungUp => hadTerminal && !ignoresHangup && !hasTerminal();

    /// <summary>Whether a hang-up is no end, for the server that follows this one, too.</summary>
    public bool IgnoresHangup => ignoresHangup;

    /// <summary>This process's.</summary>
    /// <param name="ignoresHangup">Whether SIGHUP was ignored at the start, its own or that of the server that it replaces.</param>
    public static Terminal Capture(bool ignoresHangup) => new(HasTerminal(), ignoresHangup, HasTerminal);

    /// <summary>
    /// Whether a worker may ask at the terminal: it reads and shows, and this process and those that it starts are in its foreground. (Who
    /// reads a terminal from the background is stopped by SIGTTIN.)
    /// </summary>
    public static bool CanAsk()
        => !OperatingSystem.IsWindows() && IsTerminal(0) != 0 && IsTerminal(1) != 0 && ForegroundGroup(0) is > 0 and int group && group == OwnGroup();

    private static bool HasTerminal()
        => !OperatingSystem.IsWindows() && (IsTerminal(0) != 0 || IsTerminal(1) != 0 || IsTerminal(2) != 0);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTerminal(int descriptor);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    private static partial int ForegroundGroup(int descriptor);

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int OwnGroup();
}
