using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Primitives;

/// <summary>
/// How a terminal is at one time: whether it shows what is typed, and whether a line is one before Enter. By calls of the C library: .NET's own switch the
/// keypad to another mode. Who is in the background of the terminal is stopped by changing it. POSIX only.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed partial class TerminalModes
{
    private const int Now = 0;

    // struct termios is opaque here: it is read, changed by the library, and written back. It has less than 100 bytes everywhere.
    private readonly byte[] _modes;
    private readonly int _descriptor;

    private TerminalModes(int descriptor, byte[] modes)
    {
        _descriptor = descriptor;
        _modes = modes;
    }

    /// <summary>As it is now.</summary>
    /// <param name="descriptor">The terminal.</param>
    /// <returns>Null where it is none.</returns>
    public static TerminalModes? Of(int descriptor)
    {
        byte[] modes = new byte[256];
        return GetModes(descriptor, modes) == 0 ? new TerminalModes(descriptor, modes) : null;
    }

    /// <summary>Has it give each key at once and show none.</summary>
    /// <returns>Whether it does.</returns>
    public bool MakeRaw()
    {
        byte[] raw = [.. _modes];
        MakeRaw(raw);
        return SetModes(_descriptor, Now, raw) == 0;
    }

    /// <summary>Whether it is still so.</summary>
    public bool AreCurrent => Of(_descriptor) is not { } now || now._modes.AsSpan().SequenceEqual(_modes);

    /// <summary>Has it as it was then.</summary>
    public void Restore() => _ = SetModes(_descriptor, Now, _modes);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetModes(int descriptor, byte[] modes);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetModes(int descriptor, int when, byte[] modes);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw(byte[] modes);
}
