using System.Runtime.InteropServices;
using System.Text;
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

    /// <summary>
    /// Has something printed, as UTF-8 without a mark. Not by Console.Out, which switches the keypad of a terminal to another mode, and leaves
    /// it so.
    /// </summary>
    public static int? Print<T>(T what, Func<T, TextWriter, TextWriter, int?> print)
    {
        using var output = new StreamWriter(OpenOutput(), new UTF8Encoding(false));
        using var error = new StreamWriter(OpenError(), new UTF8Encoding(false));
        return print(what, output, error);
    }

    /// <summary>What TERM says, where <see cref="SpareTerminal"/> has taken it away: workers are to have it.</summary>
    public static string? TerminalName { get; private set; }

    /// <summary>
    /// Has .NET know nothing of the terminal: when it starts a process it would switch the keypad of one to another mode, and leave it so. Once
    /// who asks for TERM has done it.
    /// </summary>
    public static void SpareTerminal()
    {
        if (!OperatingSystem.IsWindows() && !Console.IsOutputRedirected)
        {
            TerminalName = Environment.GetEnvironmentVariable("TERM");
            Environment.SetEnvironmentVariable("TERM", null);
        }
    }

    /// <summary>Standard error.</summary>
    public static Stream OpenError() => Console.OpenStandardError();

    /// <summary>Standard output.</summary>
    public static Stream OpenOutput() => Console.OpenStandardOutput();

    /// <summary>Whether standard error is a terminal.</summary>
    public static bool IsErrorTerminal => !Console.IsErrorRedirected;

    /// <summary>Whether standard output is a terminal.</summary>
    public static bool IsOutputTerminal => !Console.IsOutputRedirected;

    /// <summary>Whether lines for standard error are to have colours.</summary>
    /// <param name="wanted">What the user said, or null.</param>
    public static bool UseErrorColors(bool? wanted)
    {
        bool use = wanted ?? (IsErrorTerminal && Environment.GetEnvironmentVariable("TERM") != "dumb");
        return use && (!OperatingSystem.IsWindows() || WindowsTerminal.EnableEscapes() || wanted == true);
    }
}
