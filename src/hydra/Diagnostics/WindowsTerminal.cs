using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Diagnostics;

/// <summary>The console of Windows, which must be told to understand escape sequences.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsTerminal
{
    private const int StandardError = -12;
    private const uint VirtualTerminalProcessing = 4;

    /// <summary>Turns escape sequences on for standard error.</summary>
    /// <returns>Whether they work.</returns>
    public static bool EnableEscapes()
    {
        nint handle = GetStdHandle(StandardError);
        return GetConsoleMode(handle, out uint mode) && SetConsoleMode(handle, mode | VirtualTerminalProcessing);
    }

    [LibraryImport("kernel32")]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetConsoleMode(nint handle, out uint mode);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetConsoleMode(nint handle, uint mode);
}
