using System.Runtime.InteropServices;
using Hydra.Primitives;

namespace Hydra.Diagnostics;

/// <summary>Standard output and error as the logs use them.</summary>
internal static class StandardStreams
{
    /// <summary>
    /// Opens /dev/null in the place of standard streams that were closed when the process started. Otherwise the next socket would get
    /// the number of standard error, and log lines would go to a client. To be called before anything else.
    /// </summary>
    public static void FillClosed()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        for (int descriptor = 0; descriptor <= 2; descriptor++)
        {
            if (LibC.FileControl(descriptor, LibC.GetDescriptorFlags) < 0 && Marshal.GetLastPInvokeError() == LibC.BadDescriptor)
            {
                // The lowest free number is this one.
                _ = LibC.Open("/dev/null", LibC.ReadWrite);
            }
        }
    }

    /// <summary>Standard error.</summary>
    public static Stream OpenError() => Console.OpenStandardError();

    /// <summary>Standard output.</summary>
    public static Stream OpenOutput() => Console.OpenStandardOutput();

    /// <summary>Whether standard error is a terminal.</summary>
    public static bool IsErrorTerminal => !Console.IsErrorRedirected;

    /// <summary>Whether lines for standard error are to have colours.</summary>
    /// <param name="wanted">What the user said, or null.</param>
    public static bool UseErrorColors(bool? wanted)
    {
        bool use = wanted ?? (IsErrorTerminal && Environment.GetEnvironmentVariable("TERM") != "dumb");
        return use && (!OperatingSystem.IsWindows() || WindowsTerminal.EnableEscapes() || wanted == true);
    }
}
