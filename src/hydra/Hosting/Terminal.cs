using System.Globalization;
using System.Runtime.InteropServices;

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
    private const int Hangup = 1;

    /// <summary>Whether the terminal is gone, and the server with it.</summary>
    public bool HasHungUp => hadTerminal && !ignoresHangup && !hasTerminal();

    /// <summary>This process's; to be called before signals are listened to.</summary>
    public static Terminal Capture() => new(HasTerminal(), IgnoresHangup(), HasTerminal);

    /// <summary>Whether SIGHUP is among the signals that a process ignores.</summary>
    /// <param name="status">The lines of /proc/PID/status.</param>
    public static bool IgnoresHangup(IEnumerable<string> status)
    {
        const string Name = "SigIgn:";
        string? line = status.FirstOrDefault(static l => l.StartsWith(Name, StringComparison.Ordinal));
        return line is not null
            && ulong.TryParse(line.AsSpan(Name.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong set)
            && (set & (1UL << (Hangup - 1))) != 0;
    }

    private static bool IgnoresHangup()
    {
        try
        {
            return OperatingSystem.IsLinux() && IgnoresHangup(File.ReadLines("/proc/self/status"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool HasTerminal()
        => !OperatingSystem.IsWindows() && (IsTerminal(0) != 0 || IsTerminal(1) != 0 || IsTerminal(2) != 0);

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTerminal(int descriptor);
}
