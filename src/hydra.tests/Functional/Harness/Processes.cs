using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Hydra.Tests.Functional.Harness;

/// <summary>Looks at processes through /proc and sends them signals. Only ever by id, and only what a test started.</summary>
public static partial class Processes
{
    /// <summary>SIGHUP.</summary>
    public const int Hangup = 1;

    /// <summary>SIGINT.</summary>
    public const int Interrupt = 2;

    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>SIGUSR1.</summary>
    public const int User1 = 10;

    /// <summary>SIGUSR2.</summary>
    public const int User2 = 12;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>SIGCONT.</summary>
    public const int Continue = 18;

    /// <summary>SIGSTOP.</summary>
    public const int Stop = 19;

    /// <summary>SIGTTIN.</summary>
    public const int MoreWorkers = 21;

    /// <summary>SIGTTOU.</summary>
    public const int FewerWorkers = 22;

    /// <summary>Sends a signal.</summary>
    public static void Signal(int pid, int signal) => _ = kill(pid, signal);

    /// <summary>The processes that inherited this variable with this value; zombies have no environment and do not count.</summary>
    public static IReadOnlyList<int> WithVariable(string name, string value)
    {
        byte[] wanted = Encoding.UTF8.GetBytes($"{name}={value}");
        var found = new List<int>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && Read($"/proc/{pid}/environ").AsSpan().IndexOf(wanted) >= 0)
            {
                found.Add(pid);
            }
        }

        return found;
    }

    /// <summary>The process and all that it started which have not lost their parents.</summary>
    public static IReadOnlyList<int> Descendants(int pid)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            string stat = Encoding.UTF8.GetString(Read($"{directory}/stat"));
            int end = stat.LastIndexOf(')');
            if (end > 0
                && int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int child)
                && int.TryParse(stat[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out int parent))
            {
                if (!children.TryGetValue(parent, out List<int>? siblings))
                {
                    children[parent] = siblings = [];
                }

                siblings.Add(child);
            }
        }

        List<int> found = [pid];
        for (int i = 0; i < found.Count; i++)
        {
            found.AddRange(children.GetValueOrDefault(found[i], []));
        }

        return found;
    }

    /// <summary>Whether the process exists and is no zombie.</summary>
    public static bool IsAlive(int pid)
    {
        string stat = Encoding.UTF8.GetString(Read($"/proc/{pid}/stat"));
        int end = stat.LastIndexOf(')');
        return end > 0 && stat.Length > end + 2 && stat[end + 2] is not ('Z' or 'X');
    }

    /// <summary>Resident memory in bytes.</summary>
    public static long Resident(int pid) => StatusField(pid, "VmRSS:");

    /// <summary>The most resident memory since <see cref="ResetPeak"/>, in bytes.</summary>
    public static long PeakResident(int pid) => StatusField(pid, "VmHWM:");

    /// <summary>Forgets the peak so far.</summary>
    public static void ResetPeak(int pid) => File.WriteAllText($"/proc/{pid}/clear_refs", "5");

    /// <summary>Memory in bytes that no other process has, too.</summary>
    public static long Private(int pid)
        => Field($"/proc/{pid}/smaps_rollup", "Private_Clean:") + Field($"/proc/{pid}/smaps_rollup", "Private_Dirty:");

    /// <summary>What its open descriptors are: paths, and names such as "anon_inode:[eventpoll]".</summary>
    public static IReadOnlyList<string> Descriptors(int pid)
        => [.. Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(static path => new FileInfo(path).LinkTarget ?? "")];

    /// <summary>What one of its open descriptors is.</summary>
    public static string Link(int pid, int descriptor) => new FileInfo($"/proc/{pid}/fd/{descriptor}").LinkTarget ?? "";

    /// <summary>The command line, its words joined by blanks.</summary>
    public static string CommandLine(int pid) => Encoding.UTF8.GetString(Read($"/proc/{pid}/cmdline")).TrimEnd('\0').Replace('\0', ' ');

    private static long StatusField(int pid, string name) => Field($"/proc/{pid}/status", name);

    private static long Field(string path, string name)
    {
        string line = File.ReadLines(path).First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    // A process may end while it is looked at.
    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
