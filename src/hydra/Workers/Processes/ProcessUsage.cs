using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Hydra.Workers.Processes;

/// <summary>What a process uses.</summary>
/// <param name="Cpu">Processor time so far.</param>
/// <param name="Resident">Bytes of memory that are resident.</param>
internal readonly record struct ProcessUsage(TimeSpan Cpu, long Resident)
{
    // USER_HZ, which Linux shows to programs on every architecture whatever it counts in: proc(5).
    private const int TicksPerSecond = 100;

    // Behind the program's name, from 0: utime, stime and rss are the 14th, 15th and 24th field of the file.
    private const int UserTime = 11;
    private const int KernelTime = 12;
    private const int ResidentPages = 21;

    /// <summary>Asks the system; null where the process has ended.</summary>
    /// <param name="pid">Its id.</param>
    public static ProcessUsage? Of(int pid)
    {
        try
        {
            return OperatingSystem.IsLinux() ? Parse(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"))) : Ask(pid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or ArgumentException or Win32Exception or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Reads the text of /proc/PID/stat; null where it says nothing.</summary>
    public static ProcessUsage? Parse(string stat)
    {
        // The name of the program, in parentheses, may have any character.
        int end = stat.LastIndexOf(')');
        string[] fields = end < 0 ? [] : stat[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > ResidentPages && long.TryParse(fields[UserTime], CultureInfo.InvariantCulture, out long user)
            && long.TryParse(fields[KernelTime], CultureInfo.InvariantCulture, out long kernel)
            && long.TryParse(fields[ResidentPages], CultureInfo.InvariantCulture, out long pages)
            ? new ProcessUsage(TimeSpan.FromTicks((user + kernel) * (TimeSpan.TicksPerSecond / TicksPerSecond)), pages * Environment.SystemPageSize)
            : null;
    }

    private static ProcessUsage? Ask(int pid)
    {
        // An object of its own: that of a worker waits for the end, and is not made for two threads.
        using Process process = Process.GetProcessById(pid);
        return new ProcessUsage(process.TotalProcessorTime, process.WorkingSet64);
    }
}
