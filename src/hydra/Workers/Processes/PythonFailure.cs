namespace Hydra.Workers.Processes;

/// <summary>Says in a sentence why a Python that was found did not get as far as the handshake.</summary>
internal static class PythonFailure
{
    // errno where it is the same on Linux and macOS, and what Windows has beside it.
    private const int NoSuchFile = 2;
    private const int WrongFormat = 8;
    private const int TryAgain = 11;
    private const int MacTryAgain = 35;
    private const int OutOfMemory = 12;
    private const int PermissionDenied = 13;
    private const int TooManyFiles = 24;
    private const int WindowsAccessDenied = 5;
    private const int WindowsWrongFormat = 193;
    private const int WindowsWrongMachine = 216;

    /// <summary>What EAGAIN of fork() and of the start of a thread means.</summary>
    public const string NoProcess = "the limit of processes and threads is reached: pids.max of the control group, or ulimit -u";

    /// <summary>The process could not be started.</summary>
    /// <param name="path">The Python.</param>
    /// <param name="error">errno, or the error code of Windows, as a Win32Exception carries it.</param>
    /// <param name="systemMessage">What the system says about it.</param>
    public static string CannotStart(string path, int error, string systemMessage) => error switch
    {
        NoSuchFile => $"{path} cannot be started: it, or the interpreter or loader that it names, does not exist. "
            + "If it belongs to a virtual environment, the Python it was made with may be gone: make the environment again.",
        PermissionDenied or WindowsAccessDenied => $"{path} cannot be started: permission denied. "
            + "Is it in a directory or on a file system that must not be executed from?",
        WrongFormat or WindowsWrongFormat or WindowsWrongMachine => $"{path} cannot be started: it is not an executable for this machine.",
        TryAgain or MacTryAgain when !OperatingSystem.IsWindows() => $"{path} cannot be started: {NoProcess} ({systemMessage}).",
        OutOfMemory or TooManyFiles => $"{path} cannot be started: the system is out of memory or descriptors ({systemMessage}).",
        _ => $"{path} cannot be started: {systemMessage}.",
    };

    /// <summary>The process ended before it said HELLO.</summary>
    /// <param name="path">The Python.</param>
    /// <param name="exitCode">Its exit code; above 128, on POSIX, the number of a signal and 128.</param>
    /// <param name="lastLines">The last it printed, or nothing.</param>
    public static string EndedEarly(string path, int exitCode, string lastLines)
    {
        // The shim is read by whatever Python it is given, and says itself when that is too old; Python 2 may not get so far.
        bool isTooOld = lastLines.Contains("SyntaxError", StringComparison.Ordinal)
            && lastLines.Contains(ShimFiles.EntryPoint, StringComparison.Ordinal);
        if (isTooOld || lastLines.Contains("Python 3.8 or newer is needed", StringComparison.Ordinal))
        {
            return $"{path} is too old: Python 3.8 or newer is needed. Name another one with --python.";
        }

        if (lastLines.Contains("No module named 'encodings'", StringComparison.Ordinal))
        {
            return $"{path} does not find its standard library. Is PYTHONHOME set, or was its virtual environment moved?";
        }

        string how = exitCode switch
        {
            0 => "ended without a word",
            126 or 127 => $"could not be executed (code {exitCode})",
            128 + 4 => "was stopped by an illegal instruction; is it made for this processor?",
            128 + 6 => "was aborted",
            128 + 9 => "was killed; did the system run out of memory?",
            128 + 11 => "crashed with a segmentation fault",
            > 128 and < 128 + 65 => $"was ended by signal {exitCode - 128}",
            _ => $"ended with code {exitCode}",
        };
        string said = string.Join(" / ", lastLines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return $"{path} {how} before the worker could connect." + (said.Length == 0 ? "" : $" Its last words: {said}");
    }
}
