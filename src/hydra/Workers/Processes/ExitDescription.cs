namespace Hydra.Workers.Processes;

/// <summary>Says how a process ended.</summary>
internal static class ExitDescription
{
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

    /// <summary>"exited with code 1" or "was ended by SIGKILL".</summary>
    public static string Of(int exitCode)
        => !OperatingSystem.IsWindows() && exitCode > 128 && Signals.TryGetValue(exitCode - 128, out string? signal)
            ? $"was ended by {signal}"
            : $"exited with code {exitCode}";
}
