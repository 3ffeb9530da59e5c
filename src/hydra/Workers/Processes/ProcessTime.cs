using System.Globalization;

namespace Hydra.Workers.Processes;

/// <summary>Asks the system what processes have used, and what they do.</summary>
internal static class ProcessTime
{
    /// <summary>Processor time that a process has used so far; null where it has ended.</summary>
    public static TimeSpan? Used(int pid) => ProcessUsage.Of(pid)?.Cpu;

    /// <summary>What a process does that does not answer, as the rest of a sentence; empty where that is not known. Linux alone says it.</summary>
    public static string Doing(int pid)
    {
        try
        {
            return OperatingSystem.IsLinux() ? DescribeState(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"))) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Why a worker does not answer, as far as the system knows what it does.</summary>
    public static string WhySilent(int pid) => Doing(pid) is { Length: > 0 } known ? known : "something keeps the interpreter's lock";

    /// <summary>What a process does, of the text of /proc/PID/stat: proc(5).</summary>
    public static string DescribeState(string stat)
    {
        // The name of the program, in parentheses, may have any character.
        int end = stat.LastIndexOf(')');
        return end < 0 || end + 2 >= stat.Length ? "" : stat[end + 2] switch
        {
            'T' or 't' => "its process is stopped, by SIGSTOP or a debugger",
            'D' => "its process waits for a disk or another device",
            'R' => "it computes, in C code that keeps the interpreter's lock",
            'S' => "it waits, in C code that keeps the interpreter's lock",
            'Z' or 'X' => "its process has just ended",
            _ => "",
        };
    }
}
