using System.ComponentModel;
using System.Diagnostics;

namespace Hydra.Workers.Processes;

/// <summary>Asks the system about the memory of processes.</summary>
internal static class ProcessMemory
{
    /// <summary>The resident memory of a process in bytes; 0 when it has ended.</summary>
    public static long Resident(int pid)
    {
        try
        {
            // An object of its own: that of a worker waits for the end, and is not made for two threads.
            using Process process = Process.GetProcessById(pid);
            return process.WorkingSet64;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or Win32Exception)
        {
            return 0;
        }
    }
}
