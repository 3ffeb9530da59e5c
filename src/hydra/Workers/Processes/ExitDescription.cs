using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>Says how a process ended.</summary>
internal static class ExitDescription
{
    /// <summary>What is added to the number of a signal that has ended a process, on POSIX, as shells do it.</summary>
    public const int SignalBase = 128;

    /// <summary>The code of a process that was killed by SIGKILL.</summary>
    public const int Killed = SignalBase + LibC.SigKill;

    /// <summary>No exit code: that of a process whose end nobody has told.</summary>
    public const int Unknown = int.MinValue;

    // The signals that end processes; numbers as on Linux and, but for SIGBUS, macOS.
    private static readonly Dictionary<int, string> Signals = new()
    {
        [1] = "SIGHUP",
        [2] = "SIGINT",
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [9] = "SIGKILL",
        [11] = "SIGSEGV",
        [13] = "SIGPIPE",
        [15] = "SIGTERM",
    };

    /// <summary>"exited with code 1", "was ended by SIGKILL" or that nobody knows.</summary>
    public static string Of(int exitCode)
        => exitCode == Unknown ? "has ended, with a code that is not known"
            : !OperatingSystem.IsWindows() && exitCode > SignalBase && Signals.TryGetValue(exitCode - SignalBase, out string? signal)
                ? $"was ended by {signal}"
            : $"exited with code {exitCode}";
}
