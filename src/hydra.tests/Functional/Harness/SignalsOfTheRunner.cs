using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hydra.Tests.Functional.Harness;

/// <summary>
/// What starts the tests may have them ignore the terminal's signals: a script does so with what it starts in the background, and so does nohup. Servers
/// that the tests start would inherit that and respect it, so it is undone before any of them is there.
/// </summary>
internal static partial class SignalsOfTheRunner
{
    private const string Field = "SigIgn:";
    private const int Quit = 3;

    [ModuleInitializer]
    internal static void TakeBack()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string ignored = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(Field, StringComparison.Ordinal));
        ulong mask = ulong.Parse(ignored.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        foreach (int number in (int[])[Processes.Hangup, Processes.Interrupt, Quit])
        {
            if ((mask >> (number - 1) & 1) != 0)
            {
                _ = signal(number, 0);
            }
        }
    }

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);
}
