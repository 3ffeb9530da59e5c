using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hydra.Tests.Functional.Harness;

/// <summary>
/// What starts the tests may have them ignore the hang-up of the terminal, as nohup does. Servers that the tests start would inherit that and respect it,
/// so it is undone before any of them is there.
/// </summary>
internal static partial class SignalsOfTheRunner
{
    private const string Field = "SigIgn:";

    [ModuleInitializer]
    internal static void TakeBack()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string ignored = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(Field, StringComparison.Ordinal));
        ulong mask = ulong.Parse(ignored.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if ((mask >> (Processes.Hangup - 1) & 1) != 0)
        {
            _ = signal(Processes.Hangup, 0);
        }
    }

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);
}
