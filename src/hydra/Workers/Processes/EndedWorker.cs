using System.Globalization;

namespace Hydra.Workers.Processes;

/// <summary>A worker whose process has ended, as the function hears of it that --on-worker-exit names.</summary>
/// <param name="Pid">The id that the process had.</param>
/// <param name="Index">The worker's index.</param>
/// <param name="ExitCode">As <see cref="IWorkerProcess.WaitAsync"/> gives it.</param>
internal readonly record struct EndedWorker(int Pid, int Index, int ExitCode)
{
    // The highest number of a signal on Linux.
    private const int LastSignal = 64;

    /// <summary>As Python's subprocess and multiprocessing have it: the exit code, or the negative number of the signal that ended it.</summary>
    public int PythonCode
        => !OperatingSystem.IsWindows() && ExitCode is > ExitDescription.SignalBase and <= ExitDescription.SignalBase + LastSignal
            ? ExitDescription.SignalBase - ExitCode
            : ExitCode;

    /// <summary>The workers for <see cref="BootDocument.Ended"/>: "pid,index,code", with blanks between.</summary>
    public static string Join(IEnumerable<EndedWorker> workers)
        => string.Join(' ', workers.Select(static w => string.Create(CultureInfo.InvariantCulture, $"{w.Pid},{w.Index},{w.PythonCode}")));
}
